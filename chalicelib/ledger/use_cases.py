"""Keeping the books: posting, and reading them as they stand or stood."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.ledger import rules
from chalicelib.ledger.ports import LedgerPorts, Sheet
from chalicelib.ledger.rules import AlreadyPosted, Transaction

_DAY = timedelta(days=1)
_LONGEST_BACK = timedelta(days=366)  # of days that were never closed: each is 8 queries


def post(ports: LedgerPorts, transaction: Transaction) -> list[Action]:
    """Return the writes of a transaction, for the caller's own. Committed twice they raise `AlreadyPosted`; where an
    account does not cover what is taken from it, `Overdrawn`.
    """
    return ports.store.post(transaction)


def book(ports: LedgerPorts, transaction: Transaction) -> bool:
    """Post a transaction by itself; return whether it was not posted before."""
    try:
        retrying(lambda: ports.committer.commit(ports.store.post(transaction)))
    except AlreadyPosted:
        return False
    return True


def balance(ports: LedgerPorts, account: str) -> dict[str, int]:
    """Return what is on an account now, signed, by currency."""
    return ports.store.balances(account)


def trial_balance(ports: LedgerPorts, at: datetime | None = None) -> Sheet:
    """Return the signed balance of each account of the chart, by currency, now or as it was just before a moment; each
    currency sums to zero. A moment that is still to come is now.

    The past is told from the journal: on from the last closed day before the moment, or, where none is, back from the
    first closed day, or from now as long as no day is closed. The journal's index lags behind by a moment, so the last
    seconds may be missing.

    Raises:
        Invalid: so long before the first closed day that nobody can tell.
        Busy: no day is closed yet, and somebody posts each time that this looks.
    """
    if at is None or at >= ports.clock.now():
        return _balances(ports)
    day = at.astimezone(UTC).date()
    closed = ports.store.closed(day)
    if closed is None:
        return retrying(lambda: _backward(ports, at))
    return _plus(closed[1], _journal(ports, closed[0] + _DAY, day, at), 1)


def close(ports: LedgerPorts, day: date) -> Sheet:
    """Write down how the books stood at the end of a UTC date, for good; return it. Days that were left out since the
    last closed one are closed first. Call it when nothing is posted for the day any more: an hour after its end.

    Raises:
        ValueError: the date is not over.
        Busy: as `trial_balance`.
    """
    if _end(day) > ports.clock.now():
        raise ValueError(f"{day} is not over")
    last = ports.store.closed(day + _DAY)
    if last is None:
        return _close(ports, day, trial_balance(ports, _end(day)))
    closed, sheet = last
    while closed < day:
        closed += _DAY
        sheet = _close(ports, closed, _plus(sheet, _journal(ports, closed, closed), 1))
    return sheet


def _close(ports: LedgerPorts, day: date, sheet: Sheet) -> Sheet:
    try:
        ports.committer.commit([ports.store.close_day(day, sheet)])
    except AlreadyPosted:
        return close(ports, day)  # what somebody else wrote
    return sheet


def _end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + _DAY


def _balances(ports: LedgerPorts) -> Sheet:
    sheet: Sheet = {}
    for account in rules.CHART:
        for currency, amount in ports.store.balances(account).items():
            sheet.setdefault(currency, {})[account] = amount
    return sheet


def _backward(ports: LedgerPorts, at: datetime) -> Sheet:
    first = ports.store.first_closed()
    last, sheet = first or (ports.clock.now().astimezone(UTC).date(), _balances(ports))
    day = at.astimezone(UTC).date()
    if last - day > _LONGEST_BACK:
        raise invalid("at", f"nothing is known of the books before {last - _LONGEST_BACK}")
    later = [one for one in _journal(ports, day, last) if one.at >= at]
    if first is None and _balances(ports) != sheet:
        raise Contention  # somebody posted while we read
    return _plus(sheet, later, -1)


def _journal(ports: LedgerPorts, first: date, last: date, until: datetime | None = None) -> Iterable[Transaction]:
    """Yield everything posted from one UTC date to another, up to a moment where one is given."""
    for number in range((last - first).days + 1):
        yield from ports.store.of_day(first + timedelta(days=number), until)


def _plus(sheet: Sheet, transactions: Iterable[Transaction], sign: int) -> Sheet:
    made = {currency: dict(accounts) for currency, accounts in sheet.items()}
    for one in transactions:
        accounts = made.setdefault(one.currency, {})
        for account, amount in one.on_chart().items():
            accounts[account] = accounts.get(account, 0) + sign * amount
    return made


def transaction(ports: LedgerPorts, transaction_id: str) -> Transaction:
    """Return a posted transaction.

    Raises:
        NotFound: nothing was posted under this id.
    """
    found = ports.store.transaction(transaction_id)
    if found is None:
        raise NotFound("transaction")
    return found


def transactions(ports: LedgerPorts, transaction_ids: Sequence[str]) -> dict[str, Transaction]:
    """Return those of some transactions that are posted, by id."""
    return ports.store.transactions(transaction_ids)


def of_order(ports: LedgerPorts, order_id: str) -> list[Transaction]:
    """Return what was posted for an order, oldest first."""
    return list(ports.store.of_order(order_id))


def of_day(ports: LedgerPorts, day: date) -> Iterable[Transaction]:
    """Yield what was posted on a UTC date, in no order."""
    return ports.store.of_day(day)
