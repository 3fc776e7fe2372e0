"""Atelier: the rules, the table and the wire shapes that every function shares."""
