"""What reaching people needs from outside; also the types of this domain that others may use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.transaction import Action, Committer
from chalicelib.notifications.ports import Channel
from chalicelib.reach.rules.devices import Book, Device, Platform
from chalicelib.reach.rules.feedback import Event, Failures

__all__ = [
    "Book",
    "Certificates",
    "ConsentStore",
    "Device",
    "DeviceStore",
    "Endpoints",
    "Event",
    "Failures",
    "FeedbackPorts",
    "FeedbackStore",
    "Platform",
    "ReachPorts",
    "Subscriptions",
    "Template",
]


class Endpoints(Protocol):
    """Where phones are known to the services that push to them."""

    def ensure(self, platform: Platform, token: str) -> str:
        """Return where a phone is reached, made or made good again where it was given up.

        Raises:
            PushNotServed: nobody pushes to such phones here.
            TokenRefused: the service does not know the token.
            Unavailable: no answer.
        """
        ...

    def drop(self, endpoint: str) -> None:
        """Give a phone up; no harm when it is gone, or when that cannot be done now."""
        ...


class DeviceStore(Protocol):
    """Which phones belong to whom. A token belongs to one account: the one that told it last."""

    def digest(self, platform: Platform, token: str) -> str:
        """Return what a token is known by."""
        ...

    def book(self, account_id: str) -> Book:
        """Return an account's devices, read consistently."""
        ...

    def with_owner(self, account_id: str, digest: str) -> tuple[Book, str | None]:
        """Return an account's devices, and whose a token is, read consistently."""
        ...

    def put_book(self, book: Book) -> Action:
        """Return the write of the next version of a book, provided that it follows the one that stands."""
        ...

    def own(self, digest: str, account_id: str, before: str | None) -> Action:
        """Return the write that a token is an account's, provided that it was `before`'s, or nobody's."""
        ...

    def disown(self, digest: str, account_id: str) -> Action:
        """Return the write that a token is nobody's, provided that it was this account's."""
        ...


class ConsentStore(Protocol):
    """How many messages somebody agreed to at WeChat; see `notifications.ports.Consents` for their use."""

    def counts(self, account_id: str) -> Mapping[str, int]:
        """Return what is left by template, read consistently."""
        ...

    def agree(self, account_id: str, template: str, most: int) -> Action:
        """Return the write of one more, and of none where there are `most`."""
        ...

    def take(self, account_id: str, template: str, letter_id: str) -> bool:
        """Use one up for a letter, once however often it is asked for the same; False where none is left."""
        ...

    def used_up(self, account_id: str, template: str) -> None:
        """Learn that none is left."""
        ...

    def forget(self, account_id: str) -> None:
        """Remove all of an account's."""
        ...


class FeedbackStore(Protocol):
    """What providers said of addresses, which are kept as blind indexes."""

    def failures(self, channel: Channel, address: str) -> Failures:
        """Return the failures of an address, read consistently."""
        ...

    def put_failures(self, channel: Channel, address: str, failures: Failures) -> Action:
        """Return the write of the next version, provided that it follows the one that stands."""
        ...

    def heard(self, event: Event) -> Action:
        """Return the write that an event was counted; refused with `HeardBefore`."""
        ...


class Certificates(Protocol):
    """Fetches what a topic's messages were signed with."""

    def __call__(self, address: str) -> bytes:
        """Return a certificate (PEM).

        Raises:
            Unavailable: it cannot be had.
        """
        ...


@dataclass(frozen=True)
class Template:
    """A subscription message that a mini program may ask people for.

    Attributes:
        app: the mini program's appid.
        id: the template's number at WeChat.
        kinds: of notices that it is sent for.
    """

    app: str
    id: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class ReachPorts:
    """What devices and agreements need.

    Attributes:
        templates: that people can agree to.
        wechat: appids that send messages, the ones that are tried first before the others.
    """

    devices: DeviceStore
    consents: ConsentStore
    endpoints: Endpoints
    accounts: AccountPorts
    clock: Clock
    committer: Committer
    idempotency: Idempotency
    templates: Sequence[Template] = ()
    wechat: Sequence[str] = ()


@dataclass(frozen=True)
class Subscriptions:
    """How a topic's subscription is confirmed.

    Attributes:
        topic: the only one that is listened to; empty where there is none.
        certificates: see `Certificates`.
        confirm: takes the token.
    """

    topic: str
    certificates: Certificates
    confirm: Callable[[str], None]


@dataclass(frozen=True)
class FeedbackPorts:
    """What receipts need.

    Attributes:
        suspend: gives an address up: channel, address, why, since when; once or several times.
        key: what addresses that are given to the Chinese providers end in.
    """

    store: FeedbackStore
    suspend: Callable[[Channel, str, str, datetime], None]
    subscriptions: Subscriptions
    key: str
    clock: Clock
    committer: Committer
