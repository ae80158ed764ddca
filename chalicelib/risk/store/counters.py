"""Counters: a row per subject, a shift register of its newest payments, moved on by one write that reads nothing first.

`t0` ... are the times, newest first, and `s0` ... the sums of `rules.Log`. In an update every right side is the row as
it stood: `t1 = t0, t0 = :now` moves all places on by one, and `s1 = s0 + :share` adds the payment to every sum.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kit.dynamo import Row, TableMeta, update
from chalicelib.kit.errors import TooMany
from chalicelib.kit.transaction import Action
from chalicelib.risk.ports import PaymentVelocity, Subject
from chalicelib.risk.rules import MOST, WHOLE, Kind, Limit, Log, decide, millis

Blind = Callable[[str, str], str]
"""`kit.seal.Sealer.blind`: the index of a text of a kind."""

_PERSONAL = frozenset({Kind.DEVICE, Kind.IP, Kind.PAYER, Kind.TRY, Kind.GUESS})
_PLACES = MOST + 1  # one more than a limit allows: what went on to a review is over it


class CounterRow(Row):
    class Meta(TableMeta):
        table = "risk"

    vars().update({f"{letter}{place}": NumberAttribute(null=True) for letter in "ts" for place in range(_PLACES)})


class CounterTable:
    """The counters of `risk.ports.RiskStore`.

    Args:
        blind: makes the index of what is personal.
    """

    def __init__(self, blind: Blind) -> None:
        self._blind = blind

    def subject(self, subject: Subject) -> str:
        is_personal = subject.kind in _PERSONAL
        name = self._blind(subject.name, f"risk:{subject.kind}") if is_personal else subject.name
        return f"{subject.kind}:{name}"

    def count(
        self, subject: Subject, limit: Limit, share: int, now: datetime, refusal: type[TooMany] = PaymentVelocity
    ) -> Action:
        def refused(row: CounterRow | None) -> Exception:
            # Where the write does not say how the row stands, the shortest window is a fair guess.
            wait = decide(log_of(row, limit.size), limit, share, now).wait if row else limit.windows[0].length
            return refusal(retry_after=max(1, ceil(wait.total_seconds())))

        changes = _moved_on(limit, share, now, limit.size)
        return update(self._row(subject), changes, _fits(limit, share, now), refused)

    def tally(self, subject: Subject, limit: Limit, share: int, now: datetime) -> Log:
        row = self._row(subject)
        row.update(_moved_on(limit, share, now, limit.size + 1))
        return log_of(row, limit.size + 1)

    def _row(self, subject: Subject) -> CounterRow:
        return CounterRow(f"COUNT#{self.subject(subject)}", "COUNT")


def _time(place: int) -> Any:
    return getattr(CounterRow, f"t{place}")


def _sum(place: int) -> Any:
    return getattr(CounterRow, f"s{place}")


def _moved_on(limit: Limit, share: int, now: datetime, size: int) -> list[UpdateAction]:
    older = range(1, size)
    changes = [_time(0).set(millis(now)), *(_time(place).set(_time(place - 1) | 0) for place in older)]
    if limit.money:
        changes += [_sum(0).set(share), *(_sum(place).set((_sum(place - 1) | 0) + share) for place in older)]
    return [*changes, CounterRow.expires_at.set(ceil((now + limit.longest + timedelta(seconds=1)).timestamp()))]


def _fits(limit: Limit, share: int, now: datetime) -> Condition:
    """Return `rules.decide` as a condition. A place that is not there is free: the subject, or the limit, is new."""
    terms: list[Condition] = []
    for window in limit.windows:
        place = window.number - 1
        terms.append(_time(place).does_not_exist() | (_time(place) <= millis(now - window.length)))
    if share:
        old, room = millis(now - limit.longest), WHOLE - share
        terms += [
            _sum(place).does_not_exist() | ((_time(place) <= old) | (_sum(place) <= room))
            for place in range(limit.size)
        ]
    return _all(terms)


def _all(terms: Sequence[Condition]) -> Condition:
    """Join conditions as a balanced tree: its text nests a few brackets, not one for each."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    joined: Condition = _all(terms[:half]) & _all(terms[half:])
    return joined


def log_of(row: CounterRow, size: int) -> Log:
    """Return the log that a row holds."""
    held = row.attribute_values
    times = [int(held.get(f"t{place}") or 0) for place in range(size)]
    filled = [place for place, at in enumerate(times) if at]
    return Log(tuple(times[place] for place in filled), tuple(int(held.get(f"s{place}") or 0) for place in filled))
