"""Who was there, and for how long: folded from what Agora told, kept as a record."""
