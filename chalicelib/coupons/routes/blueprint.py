"""The one blueprint of all routes of coupons."""

from chalice.app import Blueprint

bp = Blueprint(__name__)
