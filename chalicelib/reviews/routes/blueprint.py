"""The blueprint that all routes of reviews register with."""

from chalice.app import Blueprint

bp = Blueprint(__name__)
