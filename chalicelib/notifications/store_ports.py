"""What is kept of notices: themselves, what people have read, addresses that take none, and what was spent."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.notifications.rules import Due, Gathered, Notice, Settled, State, Suspension, Tally
from chalicelib.profiles.ports import Channel


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
