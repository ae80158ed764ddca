"""What is true of bookings, without any I/O: `hours` (a shop's wall clock), `days` (what is taken), `free` (what can be
had), `ahead` (what can be had next) and `booking` (its states and its check-in).
"""
