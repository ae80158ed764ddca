"""Linli's API and handlers, a table of contents: every domain brings blueprints of routes and of event handlers."""

import os

from chalice.app import Chalice

from chalicelib.accounts import events as accounts_events, routes as accounts
from chalicelib.audit import events as audit_events, routes as audit
from chalicelib.booking import events as booking_events, routes as booking
from chalicelib.calendars import events as calendars_events, routes as calendars
from chalicelib.claims import routes as claims
from chalicelib.coupons import events as coupons_events, routes as coupons
from chalicelib.health import routes as health
from chalicelib.kit.edge import edge
from chalicelib.kit.http import BINARY, problem_middleware
from chalicelib.ledger import routes as ledger
from chalicelib.notifications import events as notifications_events, routes as notifications
from chalicelib.openapi import routes as openapi
from chalicelib.orders import events as orders_events, routes as orders
from chalicelib.outbox import events as outbox_events
from chalicelib.payments import events as payments_events, routes as payments
from chalicelib.payouts import events as payouts_events, routes as payouts
from chalicelib.privacy import events as privacy_events, routes as privacy
from chalicelib.profiles import routes as profiles
from chalicelib.queueing import routes as queueing
from chalicelib.reconciliation import events as reconciliation_events, routes as reconciliation
from chalicelib.regions import routes as regions
from chalicelib.reviews import routes as reviews
from chalicelib.risk import routes as risk
from chalicelib.search import events as search_events, routes as search
from chalicelib.settings import cors_origins
from chalicelib.settlement import events as settlement_events, routes as settlement
from chalicelib.shops import routes as shops
from chalicelib.vetting import events as vetting_events, routes as vetting
from chalicelib.support import routes as support
from chalicelib.team import routes as team

app = Chalice(app_name=os.environ.get("APP", "linli"))
app.api.binary_types.extend(BINARY)
app.register_middleware(edge(cors_origins), "http")
app.register_middleware(problem_middleware, "http")

for blueprint in (
    health.bp, accounts.bp, accounts_events.bp, audit.bp, audit_events.bp, booking.bp, booking_events.bp, calendars.bp,
    calendars_events.bp, claims.bp, coupons.bp, coupons_events.bp, ledger.bp, notifications.bp, notifications_events.bp,
    openapi.bp, orders.bp, orders_events.bp, outbox_events.bp, payments.bp, payments_events.bp, payouts.bp,
    payouts_events.bp, privacy.bp, privacy_events.bp, profiles.bp, queueing.bp, reconciliation.bp,
    reconciliation_events.bp, regions.bp, reviews.bp, risk.bp, search.bp, search_events.bp, settlement.bp,
    settlement_events.bp, shops.bp, support.bp, team.bp, vetting.bp, vetting_events.bp,
):  # fmt: skip
    app.register_blueprint(blueprint)
