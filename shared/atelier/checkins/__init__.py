"""Checking in: a code shown in the room, guests without an account, scans taken where there is no network."""
