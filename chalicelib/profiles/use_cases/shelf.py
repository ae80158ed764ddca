"""Favourites, and what somebody looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.profiles.ports import Marked, ProfilePorts, Standing
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop


@dataclass(frozen=True)
class Kept:
    """A shop that somebody keeps or looked at, with the shop as it is now; None where it is gone."""

    marked: Marked
    shop: Shop | None


@dataclass(frozen=True)
class History:
    """Some of what somebody looked at, newest first, and whether more is being kept."""

    page: Page[Kept]
    kept: bool


def keep_favourite(ports: ProfilePorts, actor: Actor, shop_id: str) -> None:
    """Make a shop a favourite; nothing happens where it is one.

    Raises:
        NotFound: no such shop.
        TooManyFavourites: the caller has as many as they may.
    """
    shops.shop(ports.shops, shop_id)
    marked = Marked(shop_id, ports.clock.now())
    _write(ports, lambda: ports.shelf.keep(actor.account_id, marked))


def drop_favourite(ports: ProfilePorts, actor: Actor, shop_id: str) -> None:
    """Make a shop none of the caller's favourites; nothing happens where it is none."""
    _write(ports, lambda: ports.shelf.drop(actor.account_id, shop_id))


def favourites(ports: ProfilePorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Kept]:
    """Return some of the caller's favourites, newest first."""
    return _with_shops(ports, ports.shelf.favourites(actor.account_id, after, limit))


def saw(ports: ProfilePorts, actor: Actor, shop_id: str) -> None:
    """Keep that the caller looked at a shop, unless they keep no history.

    Raises:
        NotFound: no such shop.
    """
    shops.shop(ports.shops, shop_id)
    marked = Marked(shop_id, ports.clock.now())
    _write(ports, lambda: ports.shelf.saw(actor.account_id, marked))


def history(ports: ProfilePorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> History:
    """Return some of what the caller looked at, newest first."""
    page = ports.shelf.seen(actor.account_id, after, limit, ports.clock.now())
    return History(_with_shops(ports, page), ports.choices.choices(actor.account_id).keeps_history)


def keep_history(ports: ProfilePorts, actor: Actor, *, kept: bool) -> None:
    """Have what the caller looks at kept from now on, or not; what was kept before stays until it is cleared."""

    def attempt() -> None:
        before = ports.choices.choices(actor.account_id)
        if before.keeps_history != kept:
            after = replace(before, keeps_history=kept, version=before.version + 1)
            ports.committer.commit([ports.choices.put_choices(actor.account_id, after)])

    retrying(attempt)


def clear_history(ports: ProfilePorts, actor: Actor) -> None:
    """Forget all that the caller looked at."""
    ports.shelf.forget_seen(actor.account_id)


def _write(ports: ProfilePorts, actions: Callable[[], Sequence[Action]]) -> None:
    try:
        retrying(lambda: ports.committer.commit(actions()))
    except Standing:
        return


def _with_shops(ports: ProfilePorts, page: Page[Marked]) -> Page[Kept]:
    found = shops.many(ports.shops, [one.shop_id for one in page.items])
    return Page(tuple(Kept(one, found.get(one.shop_id)) for one in page.items), page.next)
