"""Benchmarks. Every number is a ratio of two things measured in turns in one run, for no machine is like another."""
