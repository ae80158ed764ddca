"""Each difference that can be planted is found, as what it is, once."""

from datetime import timedelta

from chalicelib import wiring
from chalicelib.kit.money import Money
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.rules import Entry, Transaction, merchant_account
from chalicelib.ledger.rules import moved as moves
from chalicelib.reconciliation import use_cases
from chalicelib.reconciliation.ports import CaseState
from tests.api import MERCHANT
from tests.chalicelib.payments.flow import cancel, complete, notice, paid, pay, row, work
from tests.chalicelib.reconciliation.world import DAY, cases, figures, item, kinds, leap, moved, night, nights, ports
from tests.world import hold, open_shop

NEXT = DAY + timedelta(days=1)
WEEK = 7 * 24


def found():
    """What the open cases say: kind, stated, booked, by what they are about."""
    return {c.found.ref: (c.found.kind.value, c.found.stated, c.found.booked) for c in cases()}


def test_what_nobody_asked_for_is_unknown(provider, clock):
    paid(provider, hold(open_shop()))
    by_hand = [("transfer", None), ("transfer", "pot_never:pay_x"), ("refund", None), ("charge", None), ("other", None)]
    thefts = [moved(provider, kind, -4_000, own_id=own_id) for kind, own_id in by_hand]
    report = night(clock)
    assert found() == {one.id: ("unknown_movement", -4_000, 0) for one in thefts}
    assert figures(report) == {
        "checked": 6, "matched": 1, "differences": 5, "difference_amount": -20_000, "opened": 5
    }  # fmt: skip
    assert figures(use_cases.run(ports(), DAY)) == figures(report)
    assert night(clock, NEXT).done
    assert len(cases()) == 5


def test_a_transfer_that_the_books_lost_and_bookings_that_nothing_stands_behind(provider, clock):
    entries = (Entry("customers:held", 500), Entry("payouts:pending", -500))
    ledger.book(wiring.ledger(), Transaction("payout:pot_1", "payout", clock.now(), "CNY", entries))
    moved(provider, "transfer", -500, own_id="pot_1:rest")
    moved(provider, "transfer_reversed", 200, own_id="rev_1")
    forged = [f"{kind}_none" for kind in ("suspense:rec", "provider-fee:txn", "transfer:leg")]
    for name in forged:
        one = moves(name, Money(777, "CNY"), clock.now(), debit="suspense", credit="provider:stripe")
        ledger.book(wiring.ledger(), one)
    night(clock)
    there = {
        "transfer:pot_1:rest": ("overdue_in_transit", -500, 0),
        "reversal:rev_1": ("overdue_in_transit", 200, 0),
    }
    there |= dict.fromkeys(forged, ("missing_at_provider", 0, -777))
    assert found() == there
    late = moves(
        "transfer:pot_1:rest", Money(500, "CNY"), clock.now(), debit="payouts:pending", credit="provider:stripe"
    )
    ledger.book(wiring.ledger(), late)
    assert night(clock, NEXT).done
    del there["transfer:pot_1:rest"]
    assert found() == there


def test_customers_who_are_charged_twice_on_a_day_and_on_two(provider, clock):
    shop = open_shop(staff=2)
    first, second = (paid(provider, hold(shop, WEEK)) for _ in range(2))
    moved(provider, "charge", 10_000, own_id=first.id, ref="pi_again")
    night(clock)
    moved(provider, "charge", 10_000, own_id=second.id, ref="pi_again")
    night(clock, NEXT)
    twice = {
        f"capture:{first.id}": ("double_capture", 20_000, 10_000),
        f"capture:{second.id}": ("double_capture", 10_000, 0),
    }
    assert found() == twice
    use_cases.run(ports(), DAY)
    use_cases.run(ports(), NEXT)
    assert found() == twice


def test_other_amounts_than_were_asked_for_or_are_in_the_books(provider, clock):
    shop = open_shop(staff=2)
    ref = row(pay(hold(shop, WEEK))).charge_ref
    provider.customer_pays(ref, 9_000)
    wrong = provider.account[-1].id
    payment = paid(provider, hold(shop, WEEK))
    provider.account.pop()
    moved(provider, "charge", 10_001, own_id=payment.id, ref=payment.charge_ref)
    fee = moved(provider, "fee", -30)
    other = moves(f"provider-fee:{fee.id}", Money(3, "CNY"), clock.now(), debit="suspense", credit="provider:stripe")
    ledger.book(wiring.ledger(), other)
    tamper("platform:bank", 700, 3)
    night(clock)
    name = f"capture:{payment.id}"
    assert found() == {
        wrong: ("amount_differs", 9_000, 0),
        name: ("amount_differs", 10_001, 10_000),
        fee.id: ("amount_differs", -30, -3),
        "trial:CNY": ("books_differ", 0, 700),
    }


def test_what_never_moved_is_in_transit_and_then_missing_at_the_provider(provider, clock):
    payment = paid(provider, hold(open_shop(), WEEK))
    line = provider.account.pop()
    waits = night(clock)
    assert (kinds(), figures(waits)) == ([], {"in_transit": 1, "transit_amount": 10_000})
    leap(clock, DAY + timedelta(days=2))
    assert found() == {f"capture:{payment.id}": ("missing_at_provider", 0, 10_000)}
    moved(provider, "charge", 10_000, own_id=payment.id, ref=line.ref)
    came = night(clock, DAY + timedelta(days=3))
    assert (kinds(), kinds(CaseState.CLOSED)) == ([], ["missing_at_provider"])
    assert figures(came) == {"checked": 1, "matched": 1, "closed": 1}
    assert figures(use_cases.run(ports(), came.day)) == figures(came)


def write(payment, mine, held):
    """Write other entries into a capture's row."""
    client, key = item(f"TX#capture:{payment.id}", "TX")
    told = f'[["provider:stripe",{mine},null],["customers:held",{held},null]]'
    client.update_item(**key, UpdateExpression="SET entries = :e", ExpressionAttributeValues={":e": {"S": told}})


def test_altered_and_lost_rows_of_the_journal(provider, clock):
    shop = open_shop(staff=2)
    nights(clock, DAY - timedelta(days=1), 2)
    altered, gone = (paid(provider, hold(shop, WEEK)) for _ in range(2))
    write(altered, 1, -1)
    client, key = item(f"TX#capture:{gone.id}", "TX")
    lost = client.get_item(**key)["Item"]
    client.delete_item(**key)
    night(clock, NEXT)
    refs = {one.found.ref: one.found.kind.value for one in cases()}
    missing = next(one.id for one in provider.account if one.own_id == gone.id)
    assert refs == {
        f"capture:{altered.id}": "amount_differs",
        f"{altered.order_id}:capture": "order_differs",
        f"{altered.order_id}:held": "order_differs",
        missing: "missing_in_books",
        "provider:stripe:CNY": "books_differ",
        "customers:held:CNY": "books_differ",
    }
    write(altered, 10_000, -9_000)  # it does not even balance
    clock.move(hours=1)
    use_cases.run(ports(), NEXT)
    assert {f"transaction:capture:{altered.id}", f"journal:{NEXT}"} <= found().keys()
    write(altered, 10_000, -10_000)
    client.put_item(TableName=key["TableName"], Item=lost)
    clock.move(hours=1)
    assert use_cases.run(ports(), NEXT).done
    assert kinds() == []


def tamper(account, amount, shard):
    client, key = item(f"BAL#{account}", f"CNY#{shard}")
    client.update_item(**key, UpdateExpression="ADD amount :a", ExpressionAttributeValues={":a": {"N": str(amount)}})


def test_what_is_posted_while_the_books_are_read_is_no_difference(provider, clock, monkeypatch):
    read = ledger.trial_balance
    mine = merchant_account(MERCHANT.account_id)

    def busy(ports, at=None):
        sheet = read(ports, at)
        for n in range(2):
            name = f"gift:{len(names)}-{n}"
            one = moves(name, Money(100, "CNY"), clock.now(), debit="platform:gifts", credit=mine)
            ledger.book(ports, one)
        names.append(at)
        return sheet

    names = []
    nights(clock, DAY, 2)
    monkeypatch.setattr(ledger, "trial_balance", busy)
    night(clock, DAY + timedelta(days=2))
    assert (len(names) > 1, kinds()) == (True, [])


def test_altered_balances(provider, clock):
    mine = merchant_account(MERCHANT.account_id)
    for number in range(3):
        ledger.book(
            wiring.ledger(),
            moves(f"gift:{number}", Money(100, "CNY"), clock.now(), debit="platform:gifts", credit=mine),
        )
        night(clock, DAY + timedelta(days=number))
        if number == 1:
            use_cases.run(ports(), NEXT)
            assert kinds() == []
            tamper(mine, -50_000, 0)
            tamper("platform:bank", 700, 3)
    assert found() == {
        f"{mine}:CNY": ("books_differ", -300, -50_300),
        "platform:bank:CNY": ("books_differ", 0, 700),
    }


def test_orders_that_say_something_else(provider, clock):
    shop = open_shop(staff=5)
    twice = hold(shop)
    ways = [row(pay(twice, method)) for method in ("card", "alipay")]
    served, back, other, lost = (hold(shop) for _ in range(4))
    for order in (served, back, other, lost):
        paid(provider, order)
    for order in (back, other):
        cancel(order, MERCHANT)
    work("order.refund_due")
    cancel(lost, MERCHANT)  # and the message is lost
    for way in ways:
        provider.customer_pays(way.charge_ref)
        notice(way.charge_ref)
    complete(served, clock)
    client, key = item(f"DUE#{served['lines'][0]['id']}", "DUE", "settlement")
    client.delete_item(**key)
    for order, name in ((back, "refunded"), (other, "total")):
        client, key = item(order["id"], "ORDER", "orders")
        values = {":v": {"N": "4000"}}
        client.update_item(
            **key,
            UpdateExpression="SET #a = :v",
            ExpressionAttributeNames={"#a": name},
            ExpressionAttributeValues=values,
        )
    night(clock)
    there = {
        f"{served['id']}:due of {served['lines'][0]['id']}": ("order_differs", 10_000, 0),
        f"{back['id']}:refunded": ("order_differs", 4_000, 10_000),
        f"{other['id']}:capture": ("order_differs", 4_000, 10_000),
        f"{lost['id']}:held": ("order_differs", 0, 10_000),
        f"{twice['id']}:payment {ways[1].id} goes back": ("order_differs", 10_000, 0),
    }
    assert found() == there
    work("order.refund_due")
    assert night(clock, NEXT).done
    del there[f"{lost['id']}:held"], there[f"{twice['id']}:payment {ways[1].id} goes back"]
    assert found() == there


def test_a_closed_day_gets_what_comes_late(provider, clock):
    early = clock.now()
    nights(clock, DAY, 2)
    moved(provider, "fee", -300, at=early)
    moved(provider, "payout", -700, at=early)
    report = use_cases.run(ports(), DAY)
    assert (report.closed, figures(report)) == (True, {"checked": 2, "matched": 2, "fees": 300, "to_bank": 700})
    night(clock, DAY + timedelta(days=2))
    assert kinds() == []
    sheet = ledger.trial_balance(wiring.ledger())["CNY"]
    assert sheet == {"platform:provider-fees": 300, "platform:bank": 700, "provider:stripe": -1_000}
