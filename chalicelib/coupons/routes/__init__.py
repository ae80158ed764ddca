"""Coupons over HTTP: one file for each thing that there is."""

from chalicelib.coupons.routes import campaigns as campaigns
from chalicelib.coupons.routes import claims as claims
from chalicelib.coupons.routes import codes as codes
from chalicelib.coupons.routes import scans as scans
from chalicelib.coupons.routes.blueprint import bp

__all__ = ["bp"]
