"""A day told again, over real queues: where all was well nothing changes, and what was lost is there again."""

from dataclasses import replace

import pytest

from chalicelib import settings, wiring
from chalicelib.kit import redelivery
from chalicelib.kit.outbox import SEARCH
from chalicelib.payments.rules import Event
from chalicelib.profiles.ports import Channel
from infra import replay
from infra.drill.export import rows_of
from infra.drill.witness import Witness, differences
from infra.restore import payouts
from infra.tables import TABLES
from infra.targets import Target
from tests.api import CUSTOMER, call
from tests.chalicelib.payments.conftest import NOW, clock, provider  # noqa: F401 - fixtures
from tests.chalicelib.payments.flow import cancel, pay, row, sheet, state
from tests.emulators import REGION
from tests.fakes.notices import FakeSender
from tests.infra.stage import STAGE, Stage
from tests.world import hold, open_shop

DAY = str(NOW.date())
MONEY = ("ledger", "orders", "booking", "settlement", "payouts", "coupons", "reviews", "shops", "notifications")


@pytest.fixture
def sender(provider, monkeypatch):  # noqa: F811 - as above
    made = FakeSender()
    ports = replace(wiring.notifications(), senders={Channel.SMS: made})
    monkeypatch.setattr(wiring, "notifications", lambda: ports)
    return made


@pytest.fixture
def stage(tables, ministack, sender, monkeypatch):
    """Queues and workers of a stage, and its tables; `replay` is pointed at both."""
    monkeypatch.setattr(redelivery, "DELAYS", (0,))
    made = Stage(ministack)
    port = int(tables.endpoint.rpartition(":")[2])
    prefix = settings.settings().table_prefix
    made.tables = Target.local(port=port, stage=STAGE, region=REGION, table_prefix=prefix)
    monkeypatch.setattr(replay, "target_of", lambda *_: made.tables)
    monkeypatch.setattr(payouts, "reads_from", lambda _: prefix)
    yield made
    made.gone()


def again(*options):
    """Run the command for the day."""
    return replay.main(["--stage", STAGE, "--region", REGION, *options])


def notice(payment):
    raw = f"evt_{payment.charge_ref}|charge|{payment.charge_ref}|payment_intent.succeeded"
    assert call("POST", "/v1/webhooks/stripe", raw=raw, headers={"Stripe-Signature": "good"}).status == 200


def bought(stage, provider, shop):  # noqa: F811 - a fixture's value
    order = hold(shop, hours=72)
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    notice(payment)
    stage.go_on()
    return order


def witness(stage):
    seen = Witness()
    for spec in TABLES:
        for one in rows_of(stage.tables, spec.full_name(stage.tables.table_prefix)):
            seen.take(spec.name, one)
    return seen


def test_where_all_was_well_nothing_changes(stage, provider, sender, capsys):  # noqa: F811 - as above
    shop = open_shop(staff=2)
    kept, given_back = bought(stage, provider, shop), bought(stage, provider, shop)
    assert cancel(given_back).status == 200
    stage.go_on()
    assert (state(kept), state(given_back)) == ("confirmed", "refunded")
    before, books, told, refunds = witness(stage), sheet(), list(sender.calls), len(provider.refunds)
    assert again("--day", DAY, "--look") == 0
    assert "to be sent; nothing was" in capsys.readouterr().out
    assert stage.work("payments") == 0, "to look sends nothing"
    assert again("--day", DAY) == 0
    shown = capsys.readouterr().out
    for kind in ("payment.event_received", "order.confirmed", "order.refund_due", "shop.changed", "order.refunded"):
        assert kind in shown
    worked = sum(stage.work(name) for name in ("payments", "search", "notifications", "booking"))
    assert worked >= 4
    assert stage.relay_all().sent == 0, "nothing follows of it"
    assert (sheet(), sender.calls, len(provider.refunds)) == (books, told, refunds)
    after = witness(stage)
    assert [line for line in differences(before, after) if line.partition(":")[0] in MONEY] == []
    assert list(after.wrong()) == []
    assert stage.look().dead == 0


def test_what_was_lost_of_a_day_is_there_again(stage, provider, sender, capsys):  # noqa: F811 - as above
    shop = open_shop(staff=3)
    order = bought(stage, provider, shop)
    searched = set(witness(stage).rows["search"])
    assert any(shop["id"] in key for key in searched)
    client, name = stage.tables.client("dynamodb"), f"{stage.tables.table_prefix}-search"
    for one in rows_of(stage.tables, name):
        client.delete_item(TableName=name, Key={"pk": one["pk"], "sk": one["sk"]})
    told = len(sender.calls)
    assert cancel(order).status == 200
    stage.relay_all()
    for queue in ("payments", "notifications"):
        stage.purge(queue)
    stage.go_on()
    assert (state(order), len(provider.refunds), len(sender.calls)) == ("refunding", 0, told)
    assert again("--day", DAY, "--kind", "order.*") == 0
    stage.go_on()
    assert (state(order), len(provider.refunds)) == ("refunded", 1)
    kinds = [row.kind for row in wiring.notifications().store.of_account(CUSTOMER.account_id, None, 50).items]
    assert kinds.count("order.cancelled.customer") == kinds.count("order.confirmed.customer") == 1
    assert again("--day", DAY, "--kind", "shop.changed") == 0
    assert again("--day", DAY, "--kind", "booking.time_changed") == 0
    stage.go_on()
    assert set(witness(stage).rows["search"]) == searched
    capsys.readouterr()


def test_an_event_whose_work_was_lost_is_worked_although_it_was(stage, provider, capsys):  # noqa: F811 - as above
    order = hold(open_shop(), hours=72)
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    notice(payment)
    ref = payment.charge_ref
    wiring.payments().store.mark_worked(Event(f"evt_{ref}", "charge", ref, "payment_intent.succeeded"))
    stage.go_on()
    assert state(order) == "held", "it is worked, says the inbox"
    assert again("--day", DAY, "--kind", "payment.event_received") == 0
    assert "payment.event_received" in capsys.readouterr().out
    stage.go_on()
    assert (state(order), sheet()["provider:stripe"]) == ("confirmed", 10_000)
    assert again("--day", DAY, "--kind", "payment.*") == 0
    stage.go_on()
    assert sheet()["provider:stripe"] == 10_000


def test_every_shop_is_indexed_anew_without_its_messages(stage, capsys):
    open_shop()
    open_shop()
    stage.go_on()
    searched = set(witness(stage).rows["search"])
    client, prefix = stage.tables.client("dynamodb"), stage.tables.table_prefix
    for table in ("search", "sent"):
        for one in rows_of(stage.tables, f"{prefix}-{table}"):
            client.delete_item(TableName=f"{prefix}-{table}", Key={"pk": one["pk"], "sk": one["sk"]})
    assert again("--shops") == 0
    assert "replay: 2 messages sent again" in capsys.readouterr().out
    stage.work("search")
    assert set(witness(stage).rows["search"]) == searched


def test_what_cannot_be_told_again_is_said_in_one_line(stage, capsys):
    assert again("--day", "2020-01-01") == 1
    assert capsys.readouterr().err == (
        "replay: there is nothing of '*' of 2020-01-01; messages are kept 14 days, providers' events 90\n"
    )
    with pytest.raises(SystemExit):
        again()
    open_shop()
    stage.go_on()
    stage.gone()
    assert again("--day", DAY) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"replay: queue {SEARCH} took 0 of ")
