"""Where people are reached beside phone and mail, and what providers say of it. No I/O."""
