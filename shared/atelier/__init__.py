"""Atelier: the rules, the table and the wire shapes that every function shares."""

from zoneinfo import reset_tzpath

from atelier import cold_start

cold_start.begin()

# Zones are those of the pinned `tzdata`, wherever this runs. A machine's own may be older, and not know what a country
# has decided since: a series would then take place at another time than the calendar file says.
reset_tzpath(to=())
