"""What can be done with shops.

Every change of a shop, its offerings or its staff raises the shop's version and tells search of it, in one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import UNSAID, Detail, Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import FieldError, Invalid, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.shops import checks, messages
from chalicelib.shops.imports import import_many as import_many  # noqa: PLC0414 - a use case in a file of its own
from chalicelib.shops.ports import ShopPorts
from chalicelib.shops.rules import (
    MOST_OFFERINGS,
    MOST_RESOURCES,
    MOST_STAFF,
    Listing,
    Shop,
    ShopChanged,
    ShopDraft,
    ShopFull,
)
from chalicelib.shops.serving import Offering, OfferingDraft, Resource, Staff

_T = TypeVar("_T")
_OF_MONEY = {"deposit_bps", "policy", "price", "status", "terms"}  # what is noted when merchants change their own


def shop(ports: ShopPorts, shop_id: str) -> Shop:
    """Return a shop: one consistent read.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.shop(shop_id)
    if found is None:
        raise NotFound("shop")
    return found


def many(ports: ShopPorts, shop_ids: Sequence[str]) -> Mapping[str, Shop]:
    """Return those of some shops that exist, by id, the closed too: one request for each hundred. What happened a
    moment ago may not show.
    """
    return ports.store.shops(shop_ids)


def listing(ports: ShopPorts, shop_id: str) -> Listing:
    """Return a shop with its offerings and staff, the inactive too: one consistent query of its partition.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.listing(shop_id)
    if found is None:
        raise NotFound("shop")
    return found


def of_merchant(ports: ShopPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Shop]:
    """Return some of the caller's shops, oldest first; a change may take a moment to show."""
    return ports.store.of_merchant(actor.merchant_id, after, limit)


def create(ports: ShopPorts, actor: Actor, draft: ShopDraft, once: Once) -> Shop:
    """Make a shop that the caller runs.

    Raises:
        Forbidden: it would be of nobody who sells: who manages another's shops says for whom they make one.
        Invalid: names the fields at fault.
    """
    actor.must_run(actor.merchant_id)
    _sound(checks.shop_faults(draft))

    def attempt() -> Shop:
        now = ports.clock.now()
        made = Shop(**vars(draft), id=new_id("shp"), merchant_id=actor.merchant_id, created_at=now)
        ports.committer.commit(
            [
                ports.store.create(made),
                ports.outbox.put(messages.changed(made, now)),
                ports.idempotency.remember(once, made),
            ]
        )
        return made

    return retrying(attempt)


def change(
    ports: ShopPorts, actor: Actor, shop_id: str, version: int, fields: Mapping[str, Any], why: Why = UNSAID
) -> Shop:
    """Change some fields of a shop (also its status: a closed shop is neither found nor booked). Its currency stays:
    its prices are in it.

    Args:
        ports: what shops need.
        actor: who wants it.
        shop_id: the shop.
        version: that the caller has seen.
        fields: new values by the names of `rules.Shop`.
        why: for the audit log.

    Raises:
        NotFound, Forbidden: no such shop, or somebody else's.
        ShopChanged: the shop has another version by now.
        Invalid: names the fields at fault.
    """

    def decide(before: Listing) -> _Change[Shop]:
        after = replace(before.shop, **fields)
        _sound(checks.shop_faults(after))
        return _Change(after, after, was=before.shop)

    return _change(ports, actor, shop_id, version, None, decide, why)


def add_offering(ports: ShopPorts, actor: Actor, shop_id: str, draft: OfferingDraft, once: Once) -> Offering:
    """Add something that can be booked.

    Raises:
        NotFound, Forbidden: no such shop, or somebody else's.
        Invalid: names the fields at fault.
        ShopFull: it has `rules.MOST_OFFERINGS`, the inactive included.
    """

    def decide(before: Listing) -> _Change[Offering]:
        if len(before.offerings) >= MOST_OFFERINGS:
            raise ShopFull(limit=MOST_OFFERINGS, what="offerings")
        offering = Offering(**vars(draft), id=new_id("off"), shop_id=shop_id)
        return _with_offering(ports, before, offering)

    return _change(ports, actor, shop_id, None, once, decide)


def change_offering(
    ports: ShopPorts,
    actor: Actor,
    shop_id: str,
    offering_id: str,
    version: int | None,
    fields: Mapping[str, Any],
    why: Why = UNSAID,
) -> Offering:
    """Change some fields of an offering (`active` too); what was sold before keeps its terms.

    Raises:
        NotFound, Forbidden: no such offering, or somebody else's shop.
        ShopChanged: `version` is given and the shop has another.
        Invalid: names the fields at fault.
    """

    def decide(before: Listing) -> _Change[Offering]:
        offering = _named(before.offerings, offering_id, "offering")
        return replace(_with_offering(ports, before, replace(offering, **fields)), was=offering)

    return _change(ports, actor, shop_id, version, None, decide, why)


def add_staff(ports: ShopPorts, actor: Actor, shop_id: str, fields: Mapping[str, Any], once: Once) -> Staff:
    """Add somebody who works there; raises like `add_offering`."""

    def decide(before: Listing) -> _Change[Staff]:
        if len(before.staff) >= MOST_STAFF:
            raise ShopFull(limit=MOST_STAFF, what="staff")
        return _with_staff(ports, before, Staff(new_id("stf"), shop_id, **fields))

    return _change(ports, actor, shop_id, None, once, decide)


def change_staff(
    ports: ShopPorts, actor: Actor, shop_id: str, staff_id: str, version: int | None, fields: Mapping[str, Any]
) -> Staff:
    """Change somebody's name, or whether they can be booked; raises like `change_offering`."""

    def decide(before: Listing) -> _Change[Staff]:
        return _with_staff(ports, before, replace(_named(before.staff, staff_id, "staff"), **fields))

    return _change(ports, actor, shop_id, version, None, decide)


def add_resource(ports: ShopPorts, actor: Actor, shop_id: str, fields: Mapping[str, Any], once: Once) -> Resource:
    """Add a room or a thing that offerings need; raises like `add_offering`."""

    def decide(before: Listing) -> _Change[Resource]:
        if len(before.resources) >= MOST_RESOURCES:
            raise ShopFull(limit=MOST_RESOURCES, what="resources")
        return _with_resource(ports, before, Resource(new_id("res"), shop_id, **fields))

    return _change(ports, actor, shop_id, None, once, decide)


def change_resource(
    ports: ShopPorts, actor: Actor, shop_id: str, resource_id: str, version: int | None, fields: Mapping[str, Any]
) -> Resource:
    """Change a resource's name, or whether it can be used; raises like `change_offering`."""

    def decide(before: Listing) -> _Change[Resource]:
        return _with_resource(ports, before, replace(_named(before.resources, resource_id, "resource"), **fields))

    return _change(ports, actor, shop_id, version, None, decide)


@dataclass(frozen=True)
class _Change(Generic[_T]):
    """What a change makes of a shop, what the caller gets, further writes, and what the result was before."""

    shop: Shop
    result: _T
    actions: Sequence[Action] = ()
    was: _T | None = None


def _change(
    ports: ShopPorts,
    actor: Actor,
    shop_id: str,
    version: int | None,
    once: Once | None,
    decide: Callable[[Listing], _Change[_T]],
    why: Why = UNSAID,
) -> _T:
    def attempt() -> _T:
        before = listing(ports, shop_id)
        actor.must_run(before.shop.merchant_id)
        if version not in {None, before.shop.version}:
            raise ShopChanged(version=before.shop.version)
        wanted = decide(replace(before, shop=replace(before.shop, version=before.shop.version + 1)))
        now = ports.clock.now()
        actions = [
            ports.store.replace(wanted.shop),
            *wanted.actions,
            ports.outbox.put(messages.changed(wanted.shop, now)),
            *_noted(ports, actor, wanted, why, now),
        ]
        if once is not None:
            actions.append(ports.idempotency.remember(once, wanted.result))
        ports.committer.commit(actions)
        return wanted.result

    return retrying(attempt)


def _noted(ports: ShopPorts, actor: Actor, change: _Change[_T], why: Why, now: datetime) -> list[Action]:
    """Return the entry of what merchants change of their terms, and of whatever somebody else changes for them."""
    new, was = vars(change.result), vars(change.was) if change.was is not None else {}
    changed = {name for name, value in new.items() if name != "version" and value != was.get(name)}
    is_own = actor.account_id == change.shop.merchant_id and actor.agent_id is None
    if not changed or (is_own and not (was and changed & _OF_MONEY)):
        return []
    details: dict[str, Detail] = {"part": new["id"], "changed": " ".join(sorted(changed))}
    if "price" in changed and was:
        details |= {"price": new["price"].amount, "price_before": was["price"].amount}
    return audit.noted(ports.audit, why.entry(actor, "shops.change", f"shop:{change.shop.id}", details), now)


def _with_offering(ports: ShopPorts, before: Listing, offering: Offering) -> _Change[Offering]:
    people, things = ({one.id for one in parts} for parts in (before.staff, before.resources))
    _sound(checks.offering_faults(offering, before.shop.currency, people, things))
    return _Change(before.shop, offering, (ports.store.put_offering(offering),))


def _with_staff(ports: ShopPorts, before: Listing, staff: Staff) -> _Change[Staff]:
    _sound(checks.staff_faults(staff))
    return _Change(before.shop, staff, (ports.store.put_staff(staff),))


def _with_resource(ports: ShopPorts, before: Listing, resource: Resource) -> _Change[Resource]:
    _sound(checks.resource_faults(resource))
    return _Change(before.shop, resource, (ports.store.put_resource(resource),))


_Part = TypeVar("_Part", Offering, Staff, Resource)


def _named(parts: tuple[_Part, ...], part_id: str, what: str) -> _Part:
    for part in parts:
        if part.id == part_id:
            return part
    raise NotFound(what)


def _sound(faults: Sequence[FieldError]) -> None:
    if faults:
        raise Invalid(errors=faults)
