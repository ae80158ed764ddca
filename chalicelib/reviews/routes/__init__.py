"""Reviews over HTTP: one file for each thing that there is."""

from chalicelib.reviews.routes import media as media
from chalicelib.reviews.routes import reviews as reviews
from chalicelib.reviews.routes import sides as sides
from chalicelib.reviews.routes import voices as voices
from chalicelib.reviews.routes.blueprint import bp

__all__ = ["bp"]
