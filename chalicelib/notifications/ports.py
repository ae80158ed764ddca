"""What notices need from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.i18n import Language
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.transaction import Committer
from chalicelib.notifications.rules import (
    LEFT,
    AddressBusy,
    AddressGone,
    Notice,
    SenderDown,
    State,
    Undeliverable,
)
from chalicelib.notifications.store_ports import AddressStore, InboxStore, NoticeStore, SpentStore
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
