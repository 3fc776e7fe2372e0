"""Workshops: what they are, who sees them, and their life from scheduled to ended."""
