"""Signed webhooks out, to merchants and to the operator's partners."""
