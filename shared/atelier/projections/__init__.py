"""What follows from a change of the table, read off its stream."""
