"""Atelier: the rules, the table and the wire shapes that every function shares."""

from atelier import cold_start

cold_start.begin()
