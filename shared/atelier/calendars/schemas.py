"""Calendars as they go over the wire."""

from atelier.text import Output


class CalendarFeed(Output):
    """The address of the caller's calendar. Whoever has it reads the calendar, so it is shown once."""

    url: str
