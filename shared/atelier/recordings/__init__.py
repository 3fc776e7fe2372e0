"""Cloud recordings: begun, watched over and ended at Agora, kept in a bucket of our own, shown to those who may."""
