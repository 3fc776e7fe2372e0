"""Seats, the waitlist and the people of a workshop."""
