"""What tests of reconciliation do all the time: nights pass, differences are planted, cases are looked at."""

from datetime import UTC, date, datetime, timedelta

from chalicelib import wiring
from chalicelib.kit import aws
from chalicelib.kit.money import Money
from chalicelib.ledger import use_cases as ledger
from chalicelib.payments.rules import Movement, MovementKind
from chalicelib.reconciliation import use_cases
from chalicelib.reconciliation.ports import CaseState
from chalicelib.settings import settings

DAY = date(2030, 5, 1)  # that of the clock


def ports():
    return wiring.reconciliation()


def night(clock, day=DAY):
    """Let the night after a date come; returns its report."""
    _until(clock, day)
    use_cases.nightly(ports(), clock.now())
    return use_cases.report(ports(), day)


def leap(clock, day):
    """Likewise of a later date, as if nothing was to do in between; returns its report."""
    _until(clock, day)
    return use_cases.run(ports(), day)


def _until(clock, day):
    at = datetime(day.year, day.month, day.day, 20, 30, tzinfo=UTC) + timedelta(days=1)
    clock.move(seconds=max(0.0, (at - clock.now()).total_seconds()))


def nights(clock, first, number):
    return [night(clock, first + timedelta(days=one)) for one in range(number)]


def cases(state=CaseState.OPEN):
    return use_cases.cases(ports(), state, None, 100).items


def kinds(state=CaseState.OPEN):
    """The kinds of all cases of a state, sorted."""
    return sorted(one.found.kind.value for one in cases(state))


def figures(report, part="stripe", currency="CNY"):
    return {name: value for name, value in vars(report.parts[part].figures[currency]).items() if value}


def moved(provider, kind, amount, *, own_id=None, ref="by-hand", fee=0, at=None, id_=None):
    """Something moves on the provider's account that no call of ours made; returns the movement."""
    at = provider._now() if at is None else at
    id_ = id_ or f"txn_hand_{len(provider.account)}"
    one = Movement(id_, provider.name, MovementKind(kind), ref, own_id, Money(amount, "CNY"), fee, at)
    provider.account.append(one)
    return one


def balance(account, currency="CNY"):
    return ledger.balance(wiring.ledger(), account).get(currency, 0)


def item(key, sort, table="ledger"):
    """A client and the key of a row as DynamoDB has it, for those who tamper with it."""
    name = f"{settings().table_prefix}-{table}"
    return aws.client("dynamodb"), {"TableName": name, "Key": {"pk": {"S": key}, "sk": {"S": sort}}}
