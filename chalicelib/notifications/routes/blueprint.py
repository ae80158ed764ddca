"""The blueprint that all operations of notices are on."""

from chalice.app import Blueprint

bp = Blueprint(__name__)
TAG = "notifications"
