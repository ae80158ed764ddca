"""Linli's API and handlers: a table of contents.

Every domain brings a blueprint of routes and, where it has them, one of event handlers.
"""

import os

from chalice.app import Chalice, CORSConfig

from chalicelib.health import routes as health
from chalicelib.kit.http import problem_middleware

app = Chalice(app_name=os.environ.get("APP", "linli"))
app.api.cors = CORSConfig(
    allow_origin=os.environ.get("CORS_ORIGIN", "*"),
    allow_headers=["Accept-Language", "Idempotency-Key"],
    expose_headers=["X-Request-Id", "Retry-After", "Idempotent-Replayed"],
    max_age=600,
)
app.register_middleware(problem_middleware, "http")

for blueprint in (
    health.bp,
):  # fmt: skip
    app.register_blueprint(blueprint)
