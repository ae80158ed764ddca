"""What notices need from outside."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.i18n import Language
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.notifications.rules import (
    LEFT,
    AddressBusy,
    AddressGone,
    Due,
    Gathered,
    Notice,
    SenderDown,
    Settled,
    State,
    Suspension,
    Tally,
    Undeliverable,
)
from chalicelib.notifications.unsubscribing import UnsubscribeLinks
from chalicelib.orders.ports import OrdersPorts
from chalicelib.profiles.ports import Channel, ChoicePorts
from chalicelib.shops.ports import ShopPorts

__all__ = [
    "LEFT",
    "AddressBusy",
    "AddressGone",
    "AddressPorts",
    "Addresses",
    "Channel",
    "Consents",
    "Letter",
    "Notice",
    "NotificationPorts",
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


class NoticeStore(Protocol):
    """The log of notices, which is also what keeps one from being sent twice."""

    def opening(self, notice: Notice, now: datetime) -> Action:
        """Return the write of a new notice; one that is CLAIMED is in hand for `LEASE`. Refused with Standing where it
        is there.
        """
        ...

    def notice(self, notice_id: str) -> Notice | None:
        """Return a notice as it stands."""
        ...

    def taking(self, notice: Notice, now: datetime, *, unless_read: bool, is_fallback: bool) -> Action:
        """Return the write that takes a notice in hand, if it still stands as given: one that waits, or one whose lease
        has run out. Refused with Standing. It stays due, so that it comes again if the run dies.
        """
        ...

    def settle(self, notice_id: str, settled: Settled, taken_at: datetime) -> None:
        """Say how it ended with a notice that was taken in hand at a moment; nothing where another run has it now."""
        ...

    def postponing(self, notice_id: str, due: Due, then: Due) -> Action:
        """Return the write that lets a notice wait for something else, or longer; contention where that is no longer as
        given.
        """
        ...

    def dismiss(self, notice: Notice, due: Due) -> None:
        """Let a notice wait no more that was read meanwhile, or whose reader is gone; one that was held to be sent for
        the first time is SILENT.
        """
        ...

    def reading(self, notice: Notice, now: datetime) -> Action:
        """Return the write that marks a notice as read; contention where it stands otherwise."""
        ...

    def due(self, lane: str, until: datetime | None, limit: int) -> Iterator[tuple[str, Due]]:
        """Yield ids of notices of a lane that are due, of each shard some, from an index that lags behind; None is all
        that wait.
        """
        ...

    def forget(self, notice_id: str) -> None:
        """Remove a notice; no harm when it is gone."""
        ...

    def states(self, notice_ids: Collection[str]) -> Mapping[str, tuple[State, bool]]:
        """Return how notices stand, and whether they were read by themselves, of those that there are; not the newest
        perhaps.
        """
        ...

    def of_account(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Notice]:
        """Return some of an account's notices, newest first; an index: a new one may take a moment to show."""
        ...


class InboxStore(Protocol):
    """How many notices somebody has not read, and what waits for their digest."""

    def tally(self, account_id: str, now: datetime) -> Tally:
        """Return the count, consistent."""
        ...

    def counting(self, notice: Notice) -> Action:
        """Return the write that counts a new notice; contention where all were read meanwhile."""
        ...

    def uncounting(self, notice: Notice) -> Action:
        """Return the write for one that is read. Refused with AlreadyRead where all were."""
        ...

    def unread(self, notice: Notice) -> Action:
        """Return the condition that not all were read. Refused with AlreadyRead."""
        ...

    def clearing(self, account_id: str, months: str, epoch: int) -> Action:
        """Return the write by which all of a month are read; contention where somebody did just that."""
        ...

    def gathering(self, notice: Notice, at: datetime) -> Action:
        """Return the write that adds a notice to the digest of a moment."""
        ...

    def digests_due(self, until: datetime, limit: int) -> Iterator[tuple[str, datetime]]:
        """Yield (account, moment) of digests that are due, from an index that lags behind."""
        ...

    def gathered(self, account_id: str, at: datetime) -> Gathered:
        """Return what a digest tells of, consistent."""
        ...

    def telling(self, account_id: str, at: datetime, gathered: Gathered) -> list[Action]:
        """Return the writes that remove a digest; contention where it tells of something else now."""
        ...

    def forget(self, account_id: str) -> None:
        """Remove all of an account's."""
        ...


class AddressStore(Protocol):
    """Addresses that nothing is sent to, known by a blind index."""

    def suspensions(self, addresses: Sequence[tuple[Channel, str]]) -> Mapping[tuple[Channel, str], Suspension]:
        """Return those of some addresses; may lag behind a moment."""
        ...

    def suspending(self, channel: Channel, address: str, suspension: Suspension) -> list[Action]:
        """Return the writes by which nothing is sent there from now on. Refused with `Outdated` where something else is
        known that happened later: another suspension, or that it was lifted. Word of an old bounce comes late, or
        again.
        """
        ...

    def lifting(self, channel: Channel, address: str, suspension: Suspension, now: datetime) -> list[Action]:
        """Return the writes by which it is sent there again; contention where it is suspended otherwise by now."""
        ...


class SpentStore(Protocol):
    """What notices of a kind cost in a UTC date, in millionths of a US dollar; no row is written for each of them."""

    def spend(self, kind: str, now: datetime, price: int, cap: int) -> bool:
        """Count a price within a cap; False where it does not fit: nothing is counted then."""
        ...

    def count(self, kind: str, now: datetime, price: int) -> None:
        """Count a price, whatever it comes to; a negative one is given back."""
        ...

    def spent(self, kind: str, now: datetime) -> int:
        """Return what is counted."""
        ...


@dataclass
class Pauses:
    """Channels that did not answer this container a moment ago: asked again at once, each would be waited for, and a
    batch of messages would not end in time.

    Attributes:
        until: by channel.
    """

    until: dict[Channel, datetime] = field(default_factory=dict)

    def left(self, channel: Channel, now: datetime) -> timedelta | None:
        """Return for how long a channel is left alone; None where it is not."""
        left = self.until.get(channel, now) - now
        return left if left > timedelta() else None


@dataclass(frozen=True)
class AddressPorts:
    """What suspending addresses, and lifting that, needs."""

    gone: AddressStore
    clock: Clock
    committer: Committer


@dataclass(frozen=True)
class NotificationPorts(AddressPorts):
    """What the use cases are given.

    Attributes:
        senders: one for each channel that this deployment has.
        addresses: where people are reached through PUSH and WECHAT; None where there is neither.
        caps: what notices of a kind may cost in a UTC date, in US dollars: by kind, by what stands before its first
            dot, or `*`.
        links: makes the addresses by which a kind is switched off.
        app_link: what a notice's path in the app is appended to; None where there is no such address.
        zone: the wall clock of people whose own is not known (IANA).
        still: by kind, asks the domain of a notice that waited whether it is still to be told: of an account, and by
            what the domain knows it by.
    """

    store: NoticeStore
    inbox: InboxStore
    spent: SpentStore
    senders: Mapping[Channel, Sender]
    outbox: Outbox
    accounts: AccountPorts
    shops: ShopPorts
    orders: OrdersPorts
    profiles: ChoicePorts
    audit: AuditPorts
    links: UnsubscribeLinks
    addresses: Addresses | None = None
    caps: Mapping[str, int] = field(default_factory=dict)
    app_link: str | None = None
    zone: str = "Asia/Shanghai"
    still: Mapping[str, Callable[[str, str], bool]] = field(default_factory=dict)
    pauses: Pauses = field(default_factory=Pauses)
