"""Customers who want nothing of a merchant, and merchants who want nothing of a customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import invalid
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.profiles.ports import Block, DealingPorts, ProfilePorts, Side
from chalicelib.profiles.rules.blocks import mark
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop


@dataclass(frozen=True)
class Blocked:
    """A block, with the shop where it was said; None where that is gone."""

    block: Block
    shop: Shop | None


def block_shop(ports: ProfilePorts, actor: Actor, shop_id: str) -> None:
    """Have nothing begin between the caller and the merchant of a shop, in any of the merchant's shops; nothing happens
    where the caller has blocked them.

    Raises:
        NotFound: no such shop. Invalid: it is the caller's own.
        TooManyBlocked: the caller blocks as many as they may.
    """
    merchant = shops.shop(ports.shops, shop_id).merchant_id
    block = Block(actor.account_id, Side.CUSTOMER, merchant, shop_id, ports.clock.now())
    _block(ports, block, [])


def unblock_shop(ports: ProfilePorts, actor: Actor, shop_id: str) -> None:
    """Take back that the caller blocks the merchant of a shop; nothing happens where they do not.

    Raises:
        NotFound: no such shop.
    """
    merchant = shops.shop(ports.shops, shop_id).merchant_id
    lift(ports, actor.account_id, Side.CUSTOMER, merchant, [])


def blocked_shops(ports: ProfilePorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Blocked]:
    """Return some of whom the caller blocks as a customer."""
    page = ports.blocks.blocks(actor.account_id, Side.CUSTOMER, after, limit)
    found = shops.many(ports.shops, list({one.shop_id for one in page.items}))
    return Page(tuple(Blocked(one, found.get(one.shop_id)) for one in page.items), page.next)


def block_customer(ports: ProfilePorts, actor: Actor, shop_id: str, customer_id: str, why: Why) -> Block:
    """Have nothing begin between a customer and the merchant of a shop that the actor works for, in any of the
    merchant's shops; another reason replaces the one that stands. It is noted, without the reason.

    Raises:
        NotFound, Forbidden: no such shop, or somebody else's.
        Invalid: the customer is the merchant.
        TooManyBlocked: the merchant blocks as many as they may.
    """
    merchant = _run_by(ports, actor, shop_id)
    block = Block(merchant, Side.MERCHANT, customer_id, shop_id, ports.clock.now(), why.reason)
    return _block(ports, block, _noted(ports, actor, "block", block.other, shop_id, why))


def unblock_customer(ports: ProfilePorts, actor: Actor, shop_id: str, customer_id: str, source_ip: str) -> None:
    """Take back that the merchant of a shop blocks a customer; nothing happens where they do not.

    Raises:
        NotFound, Forbidden: no such shop, or somebody else's.
    """
    merchant = _run_by(ports, actor, shop_id)
    noted = _noted(ports, actor, "unblock", customer_id, shop_id, Why("", source_ip))
    lift(ports, merchant, Side.MERCHANT, customer_id, noted)


def blocked_customers(
    ports: ProfilePorts, actor: Actor, shop_id: str, after: Mapping[str, Any] | None, limit: int
) -> Page[Block]:
    """Return some of whom the merchant of a shop blocks, to those who work for them.

    Raises:
        NotFound, Forbidden: no such shop, or somebody else's.
    """
    return ports.blocks.blocks(_run_by(ports, actor, shop_id), Side.MERCHANT, after, limit)


def may_begin(ports: DealingPorts, one: str, other: str) -> Sequence[Action]:
    """Return the condition that two accounts may begin something with each other; see `kit.dealings.Dealings`."""
    return [] if one == other else [ports.blocks.free(one, other)]


def may_go_on(ports: DealingPorts, one: str, other: str) -> bool:
    """Say whether nothing stands between two accounts; see `kit.dealings.Dealings`."""
    return one == other or not ports.blocks.pair(one, other).marks


def _block(ports: ProfilePorts, block: Block, noted: Sequence[Action]) -> Block:
    if block.by == block.other:
        raise invalid("shop_id" if block.side == Side.CUSTOMER else "customer_id", "nobody blocks themselves")

    def attempt() -> Block:
        before = ports.blocks.pair(block.by, block.other)
        if mark(block.by, block.side) not in before.marks:
            ports.committer.commit([*ports.blocks.block(block, before), *noted])
        elif block.reason is not None:
            ports.committer.commit([ports.blocks.reword(block), *noted])
        return block

    return retrying(attempt)


def lift(ports: ProfilePorts, by: str, side: Side, other: str, noted: Sequence[Action]) -> None:
    """End a block, if there is one; `noted` is written with that."""

    def attempt() -> None:
        before = ports.blocks.pair(by, other)
        if mark(by, side) in before.marks:
            ports.committer.commit([*ports.blocks.unblock(by, side, other, before), *noted])

    retrying(attempt)


def _run_by(ports: ProfilePorts, actor: Actor, shop_id: str) -> str:
    merchant = shops.shop(ports.shops, shop_id).merchant_id
    actor.must_run(merchant)
    return merchant


def _noted(ports: ProfilePorts, actor: Actor, verb: str, customer: str, shop_id: str, why: Why) -> list[Action]:
    # What staff wrote about a person is for the merchant's staff; the log never forgets, and is read by others.
    entry = Why("", why.source_ip).entry(actor, f"profiles.{verb}", f"account:{customer}", {"shop_id": shop_id})
    return audit.noted(ports.audit, entry, ports.clock.now())
