"""What notices need from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.pagination import Page
from chalicelib.notifications.rules import Notice, State
from chalicelib.orders.ports import OrdersPorts
from chalicelib.profiles.ports import Channel, ChoicePorts
from chalicelib.shops.ports import ShopPorts

__all__ = ["Channel", "Notice", "NotificationPorts", "NotificationStore", "Sender", "State"]


class Sender(Protocol):
    """Sends texts through one channel."""

    def send(self, notice: Notice, to: str) -> None:
        """Send a notice to a number (E.164). The notice's id is the same at each repeat; a sender that can, sends it
        once.

        Raises:
            SenderDown: not taken; try again later.
            Undeliverable: not taken, now or ever.
        """
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

    def of_account(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Notice]:
        """Return some of an account's notices, newest first; an index: a new one may take a moment to show."""
        ...


@dataclass(frozen=True)
class NotificationPorts:
    """What the use cases are given.

    Attributes:
        senders: one for each channel that this deployment has.
        zone: the wall clock of people whose own is not known (IANA).
    """

    store: NotificationStore
    senders: Mapping[Channel, Sender]
    clock: Clock
    accounts: AccountPorts
    shops: ShopPorts
    orders: OrdersPorts
    profiles: ChoicePorts
    zone: str = "Asia/Shanghai"
