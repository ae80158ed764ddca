"""What notices need from outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.i18n import Language
from chalicelib.kit.pagination import Page
from chalicelib.notifications.rules import AddressBusy, AddressGone, Notice, SenderDown, State, Undeliverable
from chalicelib.orders.ports import OrdersPorts
from chalicelib.profiles.ports import Channel, ChoicePorts
from chalicelib.shops.ports import ShopPorts

__all__ = [
    "AddressBusy",
    "AddressGone",
    "Addresses",
    "Channel",
    "Consents",
    "Letter",
    "Notice",
    "NotificationPorts",
    "NotificationStore",
    "Reached",
    "Sender",
    "SenderDown",
    "State",
    "Undeliverable",
]


@dataclass(frozen=True)
class Letter:
    """What a sender is given: one notice, as one person reads it. A sender takes what its channel can show.

    Attributes:
        id: `ntc_...`, the same at each repeat.
        kind: `order.confirmed.customer`.
        account_id: whom it is for.
        language: of all texts below.
        title: short: a mail's subject, a push's headline.
        body: plain text, whole without the title; a text message's is signed (`[Linli] `).
        html: for mail, where the kind has a page of its own; safe to send as it is.
        link: https or app address that it leads to.
        unsubscribe: https address that switches this kind off without sign-in (RFC 8058); for mail, and only for kinds
            that can be switched off.
        template: the variables by name, for providers that render a registered template themselves.
        unread: how many notices the person has not read, this one counted: the badge.
    """

    id: str
    kind: str
    account_id: str
    language: Language
    title: str
    body: str
    html: str | None = None
    link: str | None = None
    unsubscribe: str | None = None
    template: Mapping[str, str] = field(default_factory=dict)
    unread: int = 0


@dataclass(frozen=True)
class Reached:
    """How many of some notices a channel took, and how many were read."""

    delivered: int
    read: int


class Sender(Protocol):
    """Sends letters through one channel."""

    def send(self, letter: Letter, to: str) -> str | None:
        """Send a letter to a number (E.164), a mail address, a device's token or an openid. A sender whose provider
        knows ids of ours sends a letter's id once.

        Returns:
            The provider's id of what it took, by which receipts name it; None where it gives none.

        Raises:
            SenderDown: not taken; try again later, not before its `retry_after`.
            AddressBusy: likewise, for this address alone.
            AddressGone: not taken, nor will be anything else to this address.
            Undeliverable: not taken, now or ever.
        """
        ...


class Addresses(Protocol):
    """Where somebody is reached beside their phone and their mail."""

    def of(self, account_id: str, channel: Channel) -> Sequence[str]:
        """Return the addresses that a channel's sender takes, the one that was used last first: a push goes to each, a
        WeChat message to the first that takes it.
        """
        ...


class Consents(Protocol):
    """How many subscription messages somebody agreed to, at WeChat and by template."""

    def take(self, account_id: str, template: str, letter_id: str) -> bool:
        """Use one up for a letter, once however often it is asked for the same; False where none is left."""
        ...

    def used_up(self, account_id: str, template: str) -> None:
        """Learn that none is left."""
        ...


class NotificationStore(Protocol):
    """The log of notices, which is also what keeps one from being sent twice."""

    def claim(self, notice: Notice, now: datetime) -> bool:
        """Take a notice in hand for `LEASE`, or write one down that is not to be sent. False when nothing is left to
        do: it was sent or written down, or never can be.

        Raises:
            InHand: another run has it.
        """
        ...

    def release(self, notice_id: str, now: datetime) -> None:
        """Give a notice back that was not sent."""
        ...

    def forget(self, notice_id: str) -> None:
        """Remove a notice; no harm when it is gone."""
        ...

    def mark(self, notice_id: str, state: State) -> None:
        """Say how it ended."""
        ...

    def states(self, notice_ids: Collection[str]) -> Mapping[str, tuple[State, bool]]:
        """Return how notices stand, and whether they were read, of those that there are; not the newest perhaps."""
        ...

    def of_account(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Notice]:
        """Return some of an account's notices, newest first; an index: a new one may take a moment to show."""
        ...


@dataclass(frozen=True)
class NotificationPorts:
    """What the use cases are given.

    Attributes:
        senders: one for each channel that this deployment has.
        addresses: where people are reached through PUSH and WECHAT; None where there is neither.
        zone: the wall clock of people whose own is not known (IANA).
    """

    store: NotificationStore
    senders: Mapping[Channel, Sender]
    clock: Clock
    accounts: AccountPorts
    shops: ShopPorts
    orders: OrdersPorts
    profiles: ChoicePorts
    addresses: Addresses | None = None
    zone: str = "Asia/Shanghai"
