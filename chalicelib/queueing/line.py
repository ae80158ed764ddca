"""A line at a shop's door: its numbers, and how long it takes. No I/O.

A line knows who waits, who is called and who is skipped as sets of numbers, each a whole number with a bit for every
member. So it says by itself who is next and how many are ahead of whom, and takes a few bytes.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

MOST_MINUTES = 24 * 60  # no estimate is longer: numbers live a date
_SPREAD = 4  # an interval counts as a quarter of the merchant's minutes at least, and as four times them at most
_WEIGHT = 4  # the newest interval counts one in so many


@dataclass(frozen=True)
class LineDraft:
    """What a merchant says about a line; see `Line` for the fields."""

    name: str
    prefix: str
    minutes: int
    min_party: int = 1
    max_party: int = 99


@dataclass(frozen=True)
class Line(LineDraft):
    """One line of a shop.

    Attributes:
        id: `que_...`.
        name: one line of text, such as "2 seats".
        prefix: a letter before its numbers; no other line of the shop has it.
        minutes: how long a party takes, as the merchant guesses, 1 to 240.
        min_party, max_party: people of a party, both included.
        is_open: it gives out numbers.
        day: local date of the shop that the rest is about; never goes back.
        issued: the last number given out, 0 before the first.
        waiting, called, skipped: the numbers in that state, as bits.
        told: whoever has a number up to this one needs not be told that they are nearly there.
        last_called: the number called last, recalls included; 0 before the first.
        pace: seconds from call to call, weighted; None before two calls have told it.
        paced_at: when the last call was, if somebody has waited ever since; otherwise the pause tells nothing.
        version: rises with every change.
    """

    id: str = ""
    shop_id: str = ""
    merchant_id: str = ""
    is_open: bool = True
    day: date = date.min
    issued: int = 0
    waiting: int = 0
    called: int = 0
    skipped: int = 0
    told: int = 0
    last_called: int = 0
    pace: int | None = None
    paced_at: datetime | None = None
    version: int = 1

    def on(self, day: date) -> "Line":
        """Return it as it stands on a local date: on a later one it begins anew, an earlier one changes nothing."""
        if day <= self.day:
            return self
        return replace(
            self, day=day, issued=0, waiting=0, called=0, skipped=0, told=0, last_called=0, pace=None, paced_at=None
        )

    def paced(self, now: datetime) -> "Line":
        """Return it after a call, with the time since the one before in its pace where somebody waited all the while.

        Each interval is bounded, so that a pause, or two calls at once, do not count for more than they tell.
        """
        guess = self.minutes * 60
        pace = self.pace
        if self.paced_at is not None:
            seconds = int((now - self.paced_at).total_seconds())
            bounded = min(max(seconds, guess // _SPREAD), guess * _SPREAD)
            mean = guess if pace is None else pace
            pace = mean + (bounded - mean) // _WEIGHT
        return replace(self, pace=pace, paced_at=now)

    def label(self, number: int) -> str:
        """Return a number as people read it: `A012`."""
        return f"{self.prefix}{number:03d}"

    def minutes_for(self, parties: int) -> int:
        """Estimate after how many minutes the last of so many parties is called: parties x pace, rounded up."""
        seconds = self.minutes * 60 if self.pace is None else self.pace
        return min(MOST_MINUTES, -(-parties * seconds // 60))


def members(numbers: int, after: int = 0) -> tuple[int, ...]:
    """Return the numbers of a set that are higher than `after`, in order."""
    rest, found = numbers >> (after + 1) << (after + 1), []
    while rest:
        found.append(lowest(rest))
        rest = without_lowest(rest)
    return tuple(found)


def ahead(numbers: int, number: int) -> int:
    """Return how many of a set are lower than a number."""
    return (numbers & ((1 << number) - 1)).bit_count()


def lowest(numbers: int) -> int:
    """Return the lowest of a set, -1 where it is empty."""
    return (numbers & -numbers).bit_length() - 1


def without_lowest(numbers: int) -> int:
    """Return a set without its lowest."""
    return numbers & (numbers - 1)
