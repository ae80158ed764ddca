"""The one blueprint of all routes of profiles."""

from chalice.app import Blueprint

bp = Blueprint(__name__)
TAG = "profiles"
