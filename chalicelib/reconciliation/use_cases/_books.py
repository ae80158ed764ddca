"""The books themselves: do they balance, and are the balances what the journal adds up to?

Balances of the chart are held against the last closed day and the journal since; those of merchants and customers, as
far as they moved, against what they had when they last did. What is posted at this very moment may or may not be in
what is read: a balance is wrong where nothing posted within the last minute explains it, at none of three looks.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import CHART, Transaction
from chalicelib.reconciliation.ports import Checkpoint
from chalicelib.reconciliation.rules import BOOKS, CaseKind, Difference, bounds, days
from chalicelib.reconciliation.use_cases._found import Step, journal, unreadable

_UNSURE = timedelta(minutes=1)  # between the moment that a transaction says and the one that everybody can read it
_LOOKS = 3
Account = tuple[str, str]  # account, currency


@dataclass
class _Since:
    """What was posted since the end of the day: for certain, and what of it balances may not have, or have alone."""

    certain: Counter[Account] = field(default_factory=Counter)
    low: Counter[Account] = field(default_factory=Counter)
    high: Counter[Account] = field(default_factory=Counter)

    def explains(self, account: Account, start: int, balance: int) -> bool:
        """Say whether a balance follows from what the account had at the end of the day."""
        off = balance - start - self.certain[account]
        return self.low[account] <= off <= self.high[account]


def check_books(step: Step) -> None:
    """Check the books as they stand at the end of the day and now."""
    try:
        sheet = ledger.trial_balance(step.ports.ledger, bounds(step.day)[1])
        for currency, accounts in sheet.items():
            total = sum(accounts.values())
            if total:
                step.differs(_differs(f"trial:{currency}", currency, 0, total))
        since = _chart(step, {(account, code): sums for code, some in sheet.items() for account, sums in some.items()})
        _own_accounts(step, since)
    except ValueError:
        step.differs(unreadable(f"journal:{step.day}"))


def _differs(ref: str, currency: str, stated: int, booked: int) -> Difference:
    return Difference(CaseKind.BOOKS_DIFFER, BOOKS, ref, currency, stated, booked)


def _since(step: Step, now: datetime) -> _Since:
    since = _Since()
    for day in days(bounds(step.day)[1].date(), now.astimezone(UTC).date()):
        for one in ledger.of_day(step.ports.ledger, day):
            for account, amount in one.movements().items():
                key = (account, one.currency)
                if one.at < now - _UNSURE:
                    since.certain[key] += amount
                else:
                    (since.low if amount < 0 else since.high)[key] += amount
    return since


def _chart(step: Step, at_end: Mapping[Account, int]) -> _Since:
    """Check the accounts of the chart; return what was posted since the end of the day."""
    wrong: dict[Account, tuple[int, int]] | None = None
    for _ in range(_LOOKS):
        now = step.now
        balances = {
            (account, code): amount
            for code, accounts in ledger.trial_balance(step.ports.ledger).items()
            for account, amount in accounts.items()
        }
        since = _since(step, now)
        all_of_them = at_end.keys() | balances.keys() | since.certain.keys()
        chart = [one for one in all_of_them if one[0] in CHART]
        off = {
            one: (at_end.get(one, 0) + since.certain[one], balances.get(one, 0))
            for one in chart
            if not since.explains(one, at_end.get(one, 0), balances.get(one, 0))
        }
        wrong = off if wrong is None else {one: off[one] for one in wrong if one in off}
        if not wrong:
            break
    for account, currency in chart:
        step.of(currency).checked += 1
        step.of(currency).matched += (account, currency) not in (wrong or {})
    for (account, currency), (stated, booked) in (wrong or {}).items():
        step.differs(_differs(f"{account}:{currency}", currency, stated, booked))
    return since


def _own_accounts(step: Step, since: _Since) -> None:
    """Merchants' and customers' own accounts that moved on the day; days are looked at one after the other."""
    if not _follows(step):
        return
    moved: Counter[Account] = Counter()
    for one in journal(step):
        _add(moved, one)
    suspects: dict[Account, int] = {}
    for (account, currency), amount in sorted(moved.items()):
        step.must_have_time()
        known = step.ports.store.checkpoint(account, currency)
        if known is not None and known.day > step.day:
            continue
        balance = ledger.balance(step.ports.ledger, account).get(currency, 0)
        if known is None:  # met for the first time: believed
            before = balance - since.certain[account, currency] - amount
        else:
            before = known.before if known.day == step.day else known.amount
        step.of(currency).checked += 1
        if since.explains((account, currency), before + amount, balance):
            step.of(currency).matched += 1
        else:
            suspects[account, currency] = before + amount
        step.ports.store.put_checkpoint(account, currency, Checkpoint(step.day, before + amount, before))
    _look_again(step, suspects)


def _look_again(step: Step, suspects: Mapping[Account, int]) -> None:
    """Something may have been posted after the journal was read: read it again, after the balances."""
    if not suspects:
        return
    now = step.now
    balances = {one: ledger.balance(step.ports.ledger, one[0]).get(one[1], 0) for one in suspects}
    since = _since(step, now)
    for (account, currency), start in suspects.items():
        balance = balances[account, currency]
        if since.explains((account, currency), start, balance):
            step.of(currency).matched += 1
        else:
            stated = start + since.certain[account, currency]
            step.differs(_differs(f"{account}:{currency}", currency, stated, balance))


def _follows(step: Step) -> bool:
    """Whether the day before was looked at, or nothing was before: what moved on a day left out is not known."""
    report = step.ports.store.report(step.day - timedelta(days=1))
    return report is None or report.part(BOOKS).done


def _add(moved: Counter[Account], one: Transaction) -> None:
    for entry in one.entries:
        if entry.account not in CHART:
            moved[entry.account, one.currency] += entry.amount
