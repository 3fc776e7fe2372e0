"""Everything Agora: who may enter a room and as whom, what Agora tells us, and what we ask of it."""
