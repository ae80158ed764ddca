"""What a run of a day found, in figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from chalicelib.reconciliation.rules.case import BOOKS


@dataclass
class Figures:
    """Of one part of a day and one currency; amounts in minor units.

    Attributes:
        checked: movements of a provider, orders, or accounts of the books.
        matched: those that agree.
        healed: those that agree now, because the run caught up on what was missed.
        in_transit, transit_amount: what one side has and the other may not have yet.
        differences, difference_amount: what does not agree, whether it is a new case or not; stated less booked.
        opened, closed: cases that this day's run found first, and that it closed.
        fees: what the provider kept; in the books by the end of the run.
        to_bank: likewise what it paid to the operator's bank.
    """

    checked: int = 0
    matched: int = 0
    healed: int = 0
    in_transit: int = 0
    transit_amount: int = 0
    differences: int = 0
    difference_amount: int = 0
    opened: int = 0
    closed: int = 0
    fees: int = 0
    to_bank: int = 0


@dataclass(frozen=True)
class PartReport:
    """Of one provider, of the orders or of the books.

    Attributes:
        done: False: it could not be finished, and is repeated.
        reason: why not: the code of a problem.
        cursor: where it goes on.
    """

    figures: Mapping[str, Figures] = field(default_factory=dict)
    done: bool = True
    reason: str | None = None
    cursor: str | None = None


@dataclass(frozen=True)
class Report:
    """Of one UTC date.

    Attributes:
        parts: by provider, and `orders` and `books`.
        closed: the day's books are closed for good.
    """

    day: date
    ran_at: datetime
    parts: Mapping[str, PartReport] = field(default_factory=dict)
    closed: bool = False
    version: int = 0

    @property
    def done(self) -> bool:
        """Whether every part is; the books are the last: a run that died before them has done nothing for good."""
        return BOOKS in self.parts and all(part.done for part in self.parts.values())

    def part(self, name: str) -> PartReport:
        """Return a part, empty where it did not run yet."""
        return self.parts.get(name, PartReport(done=False))

    def with_part(self, name: str, part: PartReport, now: datetime) -> "Report":
        """Return the report with a part anew."""
        return replace(self, parts={**self.parts, name: part}, ran_at=now)
