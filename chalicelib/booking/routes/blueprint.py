"""The one blueprint of all routes of booking."""

from chalice.app import Blueprint

bp = Blueprint(__name__)
TAG = "booking"
