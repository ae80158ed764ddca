"""Linli's API and handlers, a table of contents: every domain brings blueprints of routes and of event handlers."""

import os

from chalicelib.kit.doors import Doors
from chalicelib.kit.edge import edge
from chalicelib.kit.http import BINARY, problem_middleware
from chalicelib.settings import cors_origins

ROUTES = (
    "accounts", "audit", "booking", "calendars", "claims", "coupons", "health", "ledger", "moderation", "notifications",
    "openapi", "orders", "outreach", "payments", "payouts", "privacy", "profiles", "queueing", "reach",
    "reconciliation", "regions", "reviews", "risk", "search", "settlement", "shops", "vetting", "support", "team",
    "webhooks",
)  # fmt: skip
WORKERS = (
    "accounts", "audit", "booking", "calendars", "coupons", "moderation", "notifications", "orders", "outbox",
    "outreach", "payments", "payouts", "privacy", "reach", "reconciliation", "reminders", "reviews", "search",
    "settlement", "vetting", "webhooks",
)  # fmt: skip

app = Doors(os.environ.get("APP", "linli"), ROUTES, WORKERS)
app.api.binary_types.extend(BINARY)
app.register_middleware(edge(cors_origins), "http")
app.register_middleware(problem_middleware, "http")
app.open()
