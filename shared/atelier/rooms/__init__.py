"""The live room of a workshop: who enters, as whom, and with which rights."""
