"""Keeping the books: posting, and reading them as they stand or stood."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.ledger import rules
from chalicelib.ledger.ports import LedgerPorts, Sheet
from chalicelib.ledger.rules import AlreadyPosted, Transaction


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
    currency sums to zero.

    A moment in the past is told from the journal: on from the last closed day before it, or, where none is closed yet,
    back from the balances of now. The journal's index lags behind by a moment, so the last seconds may be missing.
    """
    if at is None:
        return _balances(ports)
    closed = ports.store.closed(at.astimezone(UTC).date())
    if closed is None:
        return retrying(lambda: _backward(ports, at))
    day, sheet = closed
    return _forward(ports, sheet, day + timedelta(days=1), at)


def close(ports: LedgerPorts, day: date) -> Sheet:
    """Write down how the books stood at the end of a UTC date, for good; return it. Days that were left out are closed
    first. Call it when nothing is posted for the day any more: an hour after its end.
    """
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    last = ports.store.closed(day + timedelta(days=1))
    if last is not None and last[0] == day:
        return last[1]
    if last is not None and last[0] < day - timedelta(days=1):
        close(ports, day - timedelta(days=1))
    sheet = trial_balance(ports, end)
    try:
        ports.committer.commit([ports.store.close_day(day, sheet)])
    except AlreadyPosted:
        return close(ports, day)
    return sheet


def _balances(ports: LedgerPorts) -> Sheet:
    sheet: Sheet = {}
    for account in rules.CHART:
        for currency, amount in ports.store.balances(account).items():
            sheet.setdefault(currency, {})[account] = amount
    return sheet


def _backward(ports: LedgerPorts, at: datetime) -> Sheet:
    before = _balances(ports)
    later = [one for one in _journal(ports, at.astimezone(UTC).date(), None) if one.at >= at]
    if _balances(ports) != before:
        raise Contention  # somebody posted while we read
    return _plus(before, later, -1)


def _forward(ports: LedgerPorts, sheet: Sheet, first: date, at: datetime) -> Sheet:
    return _plus(sheet, _journal(ports, first, at), 1)


def _journal(ports: LedgerPorts, first: date, until: datetime | None) -> Iterable[Transaction]:
    """Yield everything posted from a UTC date on."""
    last = (until or ports.clock.now()).astimezone(UTC).date()
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
