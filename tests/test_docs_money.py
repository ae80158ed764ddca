"""What docs/money.md says of accounts, transactions, figures, limits and tests is what the code says."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chalicelib import wiring
from chalicelib.kit.money import fee
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.rules import CHART, RefundStep, Transaction
from chalicelib.payments.rules import DisputeState, RefundState
from chalicelib.payouts.rules import APPROVAL_ABOVE, PayoutState
from chalicelib.payouts.rules.documents import FIGURES, figures, major
from chalicelib.reconciliation.ports import CaseKind
from chalicelib.reconciliation.rules.movements import FEE, TO_BANK
from chalicelib.risk.ports import Policy
from chalicelib.settlement import rules
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.rules import Due, DueKind, Period, Share, Terms
from tests.api import ADMIN, MERCHANT, call
from tests.chalicelib.payments.conftest import clock, provider  # noqa: F401 - fixtures
from tests.chalicelib.payments.flow import cancel, complete, notice, paid, work
from tests.world import hold, open_shop

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "money.md").read_text()
POSTS = re.compile(r'(?:moved|Transaction)\(\s*(?:id=)?f"([a-z-]+):|^\s*id=f"(settlement):', re.MULTILINE)


def cells(text):
    """The rows of the tables in a text, without headings."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row, after in zip(rows, [*rows[1:], [""]], strict=True) if "---" not in row[0] + after[0]]


def section(title):
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def checked(name):
    return cells(TEXT.partition(f"<!-- checked: {name} -->")[2].partition("<!-- end -->")[0])


def code(text):
    return re.findall(r"`([^`]+)`", text)


def first_names(title):
    return [code(row[0])[0] for row in cells(section(title)) if code(row[0])]


def test_every_account_of_the_chart_is_told():
    assert first_names("Accounts") == list(CHART)


def test_every_state_and_kind_is_told():
    assert first_names("Refunds") == list(RefundState)
    assert first_names("Disputes") == list(DisputeState)
    assert [one for one in first_names("Payouts") if one in list(PayoutState)] == list(PayoutState)
    assert first_names("Reconciliation")[-len(CaseKind) :] == list(CaseKind)


def sides():
    return {
        code(row[0])[0].partition(":")[0]: (set(code(row[1])), set(code(row[2])))
        for row in cells(section("Transactions"))
    }


def test_every_kind_of_transaction_is_told():
    sources = [path.read_text() for path in (ROOT / "chalicelib").rglob("*.py")]
    posted = {one or other for text in sources for one, other in POSTS.findall(text)}
    assert {"capture", "gift", "payout", "transfer", "bank-failed", "settlement", "suspense"} <= posted
    posted |= {f"refund-{step}" for step in RefundStep} | {"dispute", "dispute-returned", FEE, TO_BANK}
    assert posted == set(sides())


def general(account):
    kind, _, name = account.partition(":")
    if kind == "provider":
        return "provider:<name>"
    return f"{kind}:<id>" if kind in {"customer", "merchant", "reserve"} else f"{kind}:{name}"


def test_debit_and_credit_are_as_told(provider, clock):  # noqa: F811 - fixtures
    shop = open_shop()
    gift = {"amount": {"amount": 100, "currency": "CNY"}, "reason": "开业"}
    call("POST", "/v1/admin/customers/{customer_id}/gifts", actor=ADMIN, body=gift, customer_id="acc_customer")
    done, lost = hold(shop, hours=24), hold(shop, hours=72)
    first, _ = paid(provider, done), paid(provider, lost)
    complete(done, clock)
    dispute = provider.disputes_charge(first.charge_ref, 4_000)
    notice(dispute, "dispute")
    lines = [{"line_id": done["lines"][0]["id"], "amount": 1_000}]
    call("POST", "/v1/orders/{order_id}/refunds", actor=MERCHANT, body={"lines": lines}, order_id=done["id"])
    work("order.refund_due")
    provider.dispute_ends(dispute, won=True)
    notice(dispute, "dispute")
    provider.refund_outcome = RefundState.FAILED
    cancel(lost)
    work("order.refund_due")
    clock.move(days=3)
    settlement.settle(wiring.settlement(), clock.now())
    told, seen = sides(), set()
    for day in range(5):
        for one in ledger.of_day(wiring.ledger(), (clock.now() - timedelta(days=day)).date()):
            debit, credit = told[one.kind]
            seen.add(one.kind)
            for entry in one.entries:
                either = debit | credit if one.kind == "settlement" else debit if entry.amount > 0 else credit
                assert general(entry.account) in either, one.id
    assert seen >= {"gift", "capture", "dispute", "dispute-returned", "settlement"}
    assert seen >= {"refund-pending", "refund-done", "refund-failed"}


def test_when_a_period_is_settled():
    for period, delay, ended, since in checked("periods"):
        terms = Terms(period=Period(period), delay_days=int(delay))
        zone = ZoneInfo(terms.zone)
        at, first = (datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) for text in (ended, since))
        assert rules.end_of(terms, rules.last_period(terms, first)) > at
        assert rules.end_of(terms, rules.last_period(terms, first - timedelta(seconds=1))) <= at


SHARE = Share(commission_bps=800, fixed_fee=100, tax_bps=600)


def example():
    """The dues of the example, by the rules."""

    def due(kind, **amounts):
        return Due(kind, kind, "acc_m", "CNY", datetime(2030, 5, 1, tzinfo=UTC), **amounts)

    dues = [
        rules.earned(due(DueKind.SERVICE, gross=12_800), SHARE),
        rules.earned(due(DueKind.SERVICE, gross=17_000, platform_discount=3_000), SHARE),
        rules.earned(due(DueKind.CANCELLATION_FEE, gross=4_999), SHARE),
        rules.taken_back(due(DueKind.REFUND, gross=-2_800), SHARE, base=12_800),
        rules.taken_back(due(DueKind.DISPUTE, gross=-5_000), SHARE, base=9_999),
        due(DueKind.SUBSCRIPTION, fixed_fee=9_900, tax=fee(9_900, SHARE.tax_bps)),
        due(DueKind.RESERVE_RELEASED, reserved=-500),
    ]
    so_far = rules.sums(dues)
    return [*dues, due(DueKind.RESERVE, reserved=fee(so_far.payable + so_far.reserved, 1_000))]


def written(amounts):
    return [major(amount, "CNY") for amount in amounts]


def test_the_example_is_calculated_exactly():
    dues = example()
    total = rules.sums(dues)
    rows = [[due.kind, *written(figures(due))] for due in dues]
    assert checked("statement") == [*rows, ["total", *written(figures(total))]]
    assert TEXT.count(f"| kind | {' | '.join(FIGURES)} |") == 1
    entries = tuple(entry for due in dues for entry in due.entries())
    moved = Transaction("settlement:x", "settlement", dues[0].due_at, "CNY", entries).movements()
    control = {"merchants:payable", "merchants:reserve"}
    books = {general(name): amount for name, amount in moved.items() if name not in control}
    assert {code(name)[0]: amount for name, amount in checked("books")} == {
        name: major(amount, "CNY") for name, amount in books.items()
    }
    assert sum(books.values()) == 0
    opening, paid_out = -5_479, 10_000
    figured = [opening, total.payable, paid_out, opening + total.payable - paid_out]
    assert [row[1] for row in checked("balance")] == written(figured)


def test_limits_are_as_told():
    assert dict(checked("approval")) == {name: major(amount, name) for name, amount in APPROVAL_ABOVE.items()}
    day = Policy().limits["account"].money
    for currency in APPROVAL_ABOVE.keys() & day.keys():  # both are about 50 000 yuan: an exponent that is wrong shows
        assert day[currency] / 2 < APPROVAL_ABOVE[currency] < day[currency] * 2, currency
    units = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
    for kind, windows, money, over in checked("limits"):
        limit = Policy().limits[kind]
        found = re.findall(r"(\d+) in (\d+) (min|h|d)", windows)
        assert [(one.number, one.length) for one in limit.windows] == [(int(n), int(m) * units[u]) for n, m, u in found]
        assert money == (major(limit.money["CNY"], "CNY") if limit.money else "")
        assert over == limit.over
    assert len(checked("limits")) == len(Policy().limits)


NAMED = sorted(set(re.findall(r"`((?:p|tests)/[a-z_/]+\.py)::(test_[a-z_]+)`", section("Ten bugs of others"))))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_the_tests_that_are_named_exist(path, name):
    path = re.sub("^p/", "tests/chalicelib/payments/", path)
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)


def test_each_of_the_ten_has_a_source_and_a_test():
    rows = cells(section("Ten bugs of others"))
    assert len(rows) == 10
    assert all("https://github.com/" in row[0] and "::test_" in row[2] for row in rows)
