"""Calendars: a file per workshop, a feed per person, and what comes with a mail; all of the same event."""
