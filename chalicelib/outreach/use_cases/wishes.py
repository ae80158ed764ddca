"""Customers say whose offers they want."""

from collections.abc import Mapping
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.outreach.ports import TagPorts, Wish
from chalicelib.outreach.rules import wishes as rules
from chalicelib.privacy import use_cases as privacy
from chalicelib.privacy.ports import Purpose
from chalicelib.shops import use_cases as shops


def say(ports: TagPorts, actor: Actor, shop_id: str, *, wanted: bool) -> Wish:
    """Say whether the caller wants offers of the merchant of a shop; to say it again changes nothing.

    Raises:
        NotFound: no such shop.
    """
    merchant = shops.shop(ports.shops, shop_id).merchant_id

    def attempt() -> Wish:
        before = ports.customers.wish(actor.account_id, merchant)
        new = rules.said(before, actor.account_id, merchant, shop_id, ports.clock.now(), wanted=wanted)
        if new is not before:
            ports.committer.commit([ports.customers.put_wish(new)])
        return new

    return retrying(attempt)


def mine(ports: TagPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Wish]:
    """Return some of what the caller said about merchants' offers."""
    return ports.customers.wishes(actor.account_id, after, limit)


def wants(ports: TagPorts, customer_id: str, merchant_id: str) -> bool:
    """Say whether a customer wants a merchant's offers: one or two consistent reads."""
    wish = ports.customers.wish(customer_id, merchant_id)
    return rules.wants(wish, marketing=wish is None and privacy.allows(ports.consents, customer_id, Purpose.MARKETING))
