"""Profiles over HTTP: one file for each thing that there is."""

from chalicelib.profiles.routes import addresses as addresses
from chalicelib.profiles.routes import blocks as blocks
from chalicelib.profiles.routes import choices as choices
from chalicelib.profiles.routes import shelf as shelf
from chalicelib.profiles.routes.blueprint import bp

__all__ = ["bp"]
