"""Linli's API and handlers: a table of contents.

Every domain brings a blueprint of routes and, where it has them, one of event handlers.
"""

import os

from chalice.app import Chalice, CORSConfig

from chalicelib.accounts import events as accounts_events
from chalicelib.accounts import routes as accounts
from chalicelib.health import routes as health
from chalicelib.kit.http import problem_middleware
from chalicelib.ledger import events as ledger_events
from chalicelib.ledger import routes as ledger

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
    accounts.bp,
    accounts_events.bp,
    ledger.bp,
    ledger_events.bp,
):  # fmt: skip
    app.register_blueprint(blueprint)
