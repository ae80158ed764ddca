"""The one blueprint of all routes of outreach."""

from chalice.app import Blueprint

bp = Blueprint(__name__)
TAG = "outreach"
