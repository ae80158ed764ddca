"""What goes wrong, one kind at a time, over the whole journey of money and bookings; `make prove-faults` runs it long."""
