"""What several steps of a run share: the books read in spite of rows that cannot be read, and cases opened."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import Transaction
from chalicelib.reconciliation import rules
from chalicelib.reconciliation.ports import ReconciliationPorts
from chalicelib.reconciliation.rules import BOOKS, Case, CaseKind, CaseState, Difference, Figures, Resolution

LOOK_BACK = 35  # so many of the newest reports are looked at: what is not done is done again, what is done is closed
BATCH = 40  # movements whose transactions are read at once; a BatchGet takes 100 keys


class OutOfTime(Exception):  # noqa: N818 - a state of affairs: the next run goes on
    """The function's time is nearly over."""


@dataclass
class Step:
    """One part of one day, as it is run.

    Attributes:
        until: when to stop; None for never.
        figures: by currency.
        unreadable: transactions whose rows do not make sense.
        cursor: where it goes on.
        ran: whether this part of other days is done.
    """

    ports: ReconciliationPorts
    part: str
    day: date
    until: datetime | None = None
    figures: dict[str, Figures] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    cursor: str | None = None
    ran: dict[date, bool] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.ports.clock.now()

    def of(self, currency: str) -> Figures:
        """Return the figures of a currency."""
        return self.figures.setdefault(currency, Figures())

    def must_have_time(self) -> None:
        """Go on only as long as there is time.

        Raises:
            OutOfTime: there is none.
        """
        if self.until is not None and self.now >= self.until:
            raise OutOfTime

    def differs(self, found: Difference) -> None:
        """Open a case of a difference, or meet the one that there is again."""
        figures = self.of(found.currency)
        figures.differences += 1
        figures.difference_amount += found.stated - found.booked
        figures.opened += opened(self.ports, found, self.day)

    def healed(self, found: Difference) -> None:
        """Note a difference that is none any more, because this run caught up."""
        self.of(found.currency).healed += 1
        heal(self.ports, found, self.day)


def opened(ports: ReconciliationPorts, found: Difference, day: date) -> bool:
    """Open a case, or note that it was seen again; return whether this day's run found it first."""

    def attempt() -> tuple[Case, bool]:
        known, now = ports.store.case(found.id), ports.clock.now()
        if known is not None and known.state == CaseState.CLOSED and known.closed_by is not None:
            return known, False
        case = Case(found, day, now, now) if known is None else rules.seen_again(known, found, now)
        ports.committer.commit([ports.store.put_case(case)])
        return case, known is None or known.state == CaseState.CLOSED

    case, is_new = retrying(attempt)
    if is_new:
        log.error("a case for a person", case_id=case.id, kind=found.kind, part=found.part, ref=found.ref)
        metric("ReconciliationCases", kind=found.kind)
        metric("ReconciliationNewCases")
    return case.day == day


def heal(ports: ReconciliationPorts, found: Difference, day: date) -> None:
    """Keep a difference that a run caught up on as a case that is closed."""

    def attempt() -> None:
        known, now = ports.store.case(found.id), ports.clock.now()
        if known is not None and known.state == CaseState.CLOSED:
            return
        case = known or replace(Case(found, day, now, now), version=0)
        ports.committer.commit([ports.store.put_case(rules.closed(case, Resolution.HEALED, now))])

    retrying(attempt)
    log.warning("caught up on what was missed", kind=found.kind, part=found.part, ref=found.ref)
    metric("ReconciliationHealed")


def posted(step: Step, names: Iterable[str]) -> Mapping[str, Transaction]:
    """Return those of some transactions that are in the books, by id; those whose rows make no sense are told of."""
    wanted = list(dict.fromkeys(names))
    try:
        return ledger.transactions(step.ports.ledger, wanted)
    except ValueError:
        if len(wanted) == 1:
            step.unreadable.add(wanted[0])
            return {}
    halves = wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]
    return {**posted(step, halves[0]), **posted(step, halves[1])}


def journal(step: Step) -> Iterator[Transaction]:
    """Yield what was posted on the day; where a row makes no sense, a case and no more of it."""
    try:
        yield from ledger.of_day(step.ports.ledger, step.day)
    except ValueError as error:
        log.error("the journal cannot be read", day=str(step.day), reason=str(error))
        step.differs(unreadable(f"journal:{step.day}"))


def unreadable(ref: str) -> Difference:
    """Return the difference of books that do not add up in themselves."""
    return Difference(CaseKind.BOOKS_DIFFER, BOOKS, ref, "---", 0, 0)


def is_readable(ports: ReconciliationPorts, ref: str) -> bool:
    """Say whether what could not be read can be again."""
    what, _, name = ref.partition(":")
    try:
        if what == "order":
            ledger.of_order(ports.ledger, name)
        elif what == "journal":
            for _ in ledger.of_day(ports.ledger, date.fromisoformat(name)):
                pass
        else:
            ledger.transactions(ports.ledger, [name])
    except ValueError:
        return False
    return True
