"""Accounts over HTTP: one file for each thing that there is."""

from chalicelib.accounts.routes import accounts as accounts
from chalicelib.accounts.routes import elsewhere as elsewhere
from chalicelib.accounts.routes import factors as factors
from chalicelib.accounts.routes import passwords as passwords
from chalicelib.accounts.routes import ways as ways
from chalicelib.accounts.routes.blueprint import bp

__all__ = ["bp"]
