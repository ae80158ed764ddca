"""Customers say whose offers they want."""

from collections.abc import Mapping
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.outreach.ports import State, TagPorts, Wish
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


def still(ports: TagPorts, customer_id: str, about: str) -> bool:
    """Say whether an offer that was written to a customer and waits is still to be told: they want it, nothing stands
    between them and the merchant, and it was not stopped. Three to four consistent reads.

    Args:
        ports: what tags and wishes need.
        customer_id: whose.
        about: as `messages.offer` names it.
    """
    merchant_id, _, outreach_id = about.partition("/")
    standing = ports.store.outreach(merchant_id, outreach_id)
    if standing is None or standing.state is State.STOPPED or not wants(ports, customer_id, merchant_id):
        return False
    return ports.dealings.may_go_on(customer_id, merchant_id)
