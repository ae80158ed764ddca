"""Customers' tags, what may be sent to them, when, and how much of it. No I/O."""
