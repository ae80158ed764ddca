"""How addresses are called."""
