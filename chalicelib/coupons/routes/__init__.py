"""Coupons over HTTP: one file for each thing that there is."""

from chalicelib.coupons.routes import campaigns as campaigns
from chalicelib.coupons.routes import claims as claims
from chalicelib.coupons.routes.blueprint import bp

__all__ = ["bp"]
