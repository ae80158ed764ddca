"""Phones that take push: told by the app at each start, gone with the session.

A token belongs to the account that told it last: a phone that changes hands, or on which somebody else signs in, tells
its new owner's notices to nobody but them. The move is one transaction over both accounts' books and the token's row.
Telling the same again is the same: no Idempotency-Key, and within a day not even a write.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action, retrying
from chalicelib.reach.ports import Book, Device, Platform, ReachPorts
from chalicelib.reach.rules.devices import is_fresh, with_device, without


@dataclass(frozen=True)
class Wish:
    """A phone that wants to be told.

    Attributes:
        token: as its system gave it to the app.
        model: what it is, to tell phones apart.
    """

    platform: Platform
    token: str = field(repr=False)
    model: str | None = None


def register(ports: ReachPorts, actor: Actor, wish: Wish) -> Device:
    """Make a phone one of the actor's, for as long as their session stands.

    Raises:
        PushNotServed, TokenRefused, Unavailable: see `ports.Endpoints.ensure`.
    """
    digest = ports.devices.digest(wish.platform, wish.token)
    known = ports.devices.book(actor.account_id).of(digest)
    if known is not None and is_fresh(known, actor.session_id, wish.model, ports.clock.now()):
        return known
    endpoint = ports.endpoints.ensure(wish.platform, wish.token)

    def attempt() -> tuple[Device, tuple[Device, ...]]:
        book, owner = ports.devices.with_owner(actor.account_id, digest)
        now, before = ports.clock.now(), book.of(digest)
        device = Device(
            id=before.id if before else new_id("dev"),
            digest=digest,
            platform=wish.platform,
            endpoint=endpoint,
            session_id=actor.session_id,
            model=wish.model,
            registered_at=before.registered_at if before else now,
            used_at=now,
        )
        book, gone = with_device(book, device)
        actions = [ports.devices.put_book(book), ports.devices.own(digest, actor.account_id, owner)]
        actions += [ports.devices.disown(one.digest, actor.account_id) for one in gone]
        if owner not in (None, actor.account_id):
            actions += _left(ports, str(owner), digest)
        ports.committer.commit(actions)
        return device, gone

    device, gone = retrying(attempt)
    for one in gone:
        ports.endpoints.drop(one.endpoint)
    return device


def _left(ports: ReachPorts, account_id: str, digest: str) -> list[Action]:
    """Return the write that a phone is another's no more."""
    book = ports.devices.book(account_id)
    return [ports.devices.put_book(without(book, digest))] if book.of(digest) else []


def devices(ports: ReachPorts, actor: Actor) -> Sequence[Device]:
    """Return the actor's phones, the one used last first."""
    return ports.devices.book(actor.account_id).devices


def forget(ports: ReachPorts, actor: Actor, device_id: str) -> None:
    """Tell a phone nothing any more.

    Raises:
        NotFound: the actor has no such phone.
    """
    gone = drop(ports, actor.account_id, lambda one: one.id == device_id)
    if not gone:
        raise NotFound("device")


def drop(ports: ReachPorts, account_id: str, unwanted: Callable[[Device], bool]) -> Sequence[Device]:
    """Remove some of an account's phones, and return them; no harm when there are none."""

    def attempt() -> tuple[Device, ...]:
        book = ports.devices.book(account_id)
        gone = tuple(one for one in book.devices if unwanted(one))
        if gone:
            ports.committer.commit(_removing(ports, book, gone))
        return gone

    gone = retrying(attempt)
    for one in gone:
        ports.endpoints.drop(one.endpoint)
    return gone


def _removing(ports: ReachPorts, book: Book, gone: Sequence[Device]) -> list[Action]:
    digests = [one.digest for one in gone]
    disowned = [ports.devices.disown(one, book.account_id) for one in digests]
    return [ports.devices.put_book(without(book, *digests)), *disowned]
