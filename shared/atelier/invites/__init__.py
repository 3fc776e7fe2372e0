"""Invitations: of people, of addresses, and by links."""
