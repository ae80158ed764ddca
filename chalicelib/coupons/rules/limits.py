"""What a campaign gives away at most, to whom, and how its budgets are split so that many can draw on them at once."""

import zlib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.kit.errors import invalid

# DynamoDB lets one transaction at a time touch a row. One takes 10 to 20 ms, and what meets another one is tried again:
# up to about so many a second hardly meet.
_CLAIMS_A_SECOND, _DRAWS_A_SECOND = 20, 100  # of those who claim, few buy in the same second
MOST_BUCKETS = 32  # all of them are read in one request, and marked in a transaction each
MOST_PURSES = 8  # a draw that needs the leftovers of all writes two rows for each, beside all else of an order
_LEAST_IN_BUCKET = 8  # coupons: with fewer most who claim would find theirs empty
_LEAST_IN_PURSE = 20  # of the largest discounts: what is left of one must not be what most of it was
MOST_PER_PERSON = 10


class Access(StrEnum):
    """What it takes to claim."""

    OPEN = "open"  # nothing
    CODE = "code"  # one of its codes
    SCAN = "scan"  # to scan what the shop shows


@dataclass(frozen=True)
class Limits:
    """What a campaign gives away at most, beside its number of coupons, and to whom.

    Attributes:
        money: the most that its coupons take off together, minor units; None: no limit.
        rush: how many claims a second are expected at most; None: as many as its number suggests.
        per_person: coupons of one customer.
        per_device: coupons claimed on one device, by whomever; None: no limit.
        access: what it takes to claim.
    """

    money: int | None = None
    rush: int | None = None
    per_person: int = 1
    per_device: int | None = None
    access: Access = Access.OPEN

    def check(self, number: int | None, largest: int | None) -> None:
        """Let limits pass that make sense together.

        Args:
            number: of coupons.
            largest: the most that one coupon takes off, minor units; None where that is not limited.

        Raises:
            Invalid: names the field.
        """
        if number is None and self.money is None:
            raise invalid("number", "say a number of coupons, or limits.money, or both")
        if self.money is not None and largest is not None and self.money < largest:
            raise invalid("limits.money", f"less than one coupon takes off: {largest}")


def bucket_count(number: int | None, rush: int | None) -> int:
    """Return into how many rows a number of coupons is split, so that a rush of claims meets on none of them. Whoever
    expects none gets what a tenth of the coupons, gone within a second, need.
    """
    if number is None:
        return 1
    wanted = -(-_expected(number, rush) // _CLAIMS_A_SECOND)
    return max(1, min(wanted, MOST_BUCKETS, number // _LEAST_IN_BUCKET))


def purse_count(money: int | None, number: int | None, rush: int | None, largest: int | None) -> int:
    """Return into how many rows a budget of money is split; 0 where there is none."""
    if money is None:
        return 0
    wanted = -(-_expected(number, rush) // _DRAWS_A_SECOND)
    room = money // (_LEAST_IN_PURSE * largest) if largest else 1
    return max(1, min(wanted, MOST_PURSES, room))


def _expected(number: int | None, rush: int | None) -> int:
    """Return how many claims a second are expected."""
    return rush if rush is not None else (number or 0) // 10


def size_of(whole: int, parts: int, place: int) -> int:
    """Return how much of a whole its part at a place (from 0) is: they differ by one at most, and add up to it."""
    return whole // parts + (place < whole % parts)


def place_of(key: str, parts: int) -> int:
    """Return the part that somebody, or something, turns to first."""
    return zlib.crc32(key.encode()) % parts


def walk(first: int, parts: int, empty: Container[int] = ()) -> list[int]:
    """Return the parts from one on and around, without those that are known to be empty."""
    return [place for place in ((first + step) % parts for step in range(parts)) if place not in empty]


def pieces(amount: int, rooms: Mapping[int, int], first: Iterable[int]) -> dict[int, int] | None:
    """Return how much to take from each part for an amount: all from the first one that has room for it; where none
    has, what is left in several, the most from where most is left. None where all have too little together.

    Args:
        amount: at least 1.
        rooms: what is left in each part.
        first: the parts in the order to try them in.
    """
    order = list(first)
    for place in order:
        if rooms[place] >= amount:
            return {place: amount}
    taken: dict[int, int] = {}
    for place in sorted(order, key=lambda one: -rooms[one]):
        taken[place] = min(rooms[place], amount - sum(taken.values()))
        if sum(taken.values()) == amount:
            return {one: part for one, part in taken.items() if part}
    return None
