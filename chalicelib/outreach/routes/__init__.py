"""Tags, wishes and texts to many over HTTP: one file for each thing that there is."""

from chalicelib.outreach.routes import outreach as outreach
from chalicelib.outreach.routes import tags as tags
from chalicelib.outreach.routes import wishes as wishes
from chalicelib.outreach.routes.blueprint import bp

__all__ = ["bp"]
