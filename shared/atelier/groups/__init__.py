"""Event groups: workshops that belong together, under one owner."""
