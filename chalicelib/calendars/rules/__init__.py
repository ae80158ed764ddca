"""Calendars: feeds and how they are written; calendars that are imported, and what they say of busy times. No I/O."""
