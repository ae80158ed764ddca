"""What comes back from an export is what was there; whatever does not is named."""

import contextlib
import json
from dataclasses import replace

import pytest

from chalicelib import settings, wiring
from infra.drill import __main__ as command
from infra.drill import verify
from infra.drill.export import MANIFEST, ExportError, export, line_of, load, row_of, rows_of
from infra.drill.verify import seen
from infra.drill.witness import Witness, differences
from infra.tables import TABLES
from infra.targets import Target
from tests.chalicelib.payments.conftest import clock, provider  # noqa: F401 - fixtures
from tests.chalicelib.payments.flow import cancel, complete, paid, sheet, work
from tests.emulators import REGION
from tests.world import hold, open_shop


@pytest.fixture
def stage(tables, provider, clock):  # noqa: F811 - as above
    """A stage in which somebody was served, somebody was refunded and something waits; yields its target."""
    shop = open_shop(staff=3)
    served, refunded, held = (hold(shop) for _ in range(3))
    for order in (served, refunded):
        paid(provider, order)
    assert cancel(refunded).status == 200
    assert work("order.refund_due") == 0
    complete(served, clock)
    assert held["state"] == "held"
    port = int(tables.endpoint.rpartition(":")[2])
    return Target.local(port=port, stage="test", region=REGION, table_prefix=settings.settings().table_prefix)


@pytest.fixture
def saved(stage, tmp_path):
    """Its export, loaded under another prefix; yields target, folder, that prefix, and what stood there."""
    witness = Witness(wiring.sealed_fields(), wiring.sealer())
    folder, prefix = tmp_path / "export", f"{stage.table_prefix}-r1"
    export(stage, stage.table_prefix, folder, witness.take)
    assert load(stage, folder, prefix) == witness.count
    yield stage, folder, prefix, witness
    for spec in TABLES:
        stage.client("dynamodb").delete_table(TableName=spec.full_name(prefix))


def test_all_is_as_it_was(saved):
    target, folder, prefix, before = saved
    after = seen(target, prefix)
    assert list(differences(before, after)) == []
    assert list(before.wrong()) == list(after.wrong()) == []
    books = {account: amount for account, amount in sheet().items() if amount}
    assert {name: after.balances["CNY"][name] for name in books} == books
    assert after.states == {"orders completed": 1, "orders refunded": 1, "orders held": 1} | {
        "payments succeeded": 2,
        "refunds succeeded": 1,
    }
    assert after.opened > 0
    assert len(after.rows["outbox"]) > 0
    assert "CNY 0 over" in after.figures()
    assert load(target, folder, prefix) == before.count, "to load it again changes nothing"
    assert list(differences(before, seen(target, prefix))) == []


def _first(target, prefix, table, begins, **has):
    return next(
        row
        for row in rows_of(target, f"{prefix}-{table}")
        if row["pk"]["S"].startswith(begins) and all(row.get(name) == value for name, value in has.items())
    )


def _key(row):
    return {"pk": row["pk"], "sk": row["sk"]}


@contextlib.contextmanager
def planted(target, table, key, row):
    """Put a row in place of another, or of none; or nothing in its place. Yields what is seen then."""
    client = target.client("dynamodb")
    name = f"{target.table_prefix}-{table}"
    before = client.get_item(TableName=name, Key=key).get("Item")
    _put(client, name, key, row)
    yield seen(target, target.table_prefix)
    _put(client, name, key, before)


def _put(client, name, key, row):
    if row is None:
        client.delete_item(TableName=name, Key=key)
    else:
        client.put_item(TableName=name, Item=row)


def test_what_did_not_come_back_is_named(saved):
    target, _, prefix, before = saved
    copy = replace(target, table_prefix=prefix)
    order = _first(target, prefix, "orders", "", state={"S": "completed"})
    with planted(copy, "orders", _key(order), None) as after:
        found = list(differences(before, after))
        assert f"orders: {order['pk']['S']} ORDER is missing" in found
        assert "orders completed: 1 before, 0 after" in found
    balance = _first(target, prefix, "ledger", "BAL#provider:stripe")
    more = balance | {"amount": {"N": str(int(balance["amount"]["N"]) + 1)}}
    with planted(copy, "ledger", _key(balance), more) as after:
        found, wrong = list(differences(before, after)), list(after.wrong())
        assert f"ledger: BAL#provider:stripe {balance['sk']['S']} was altered" in found
        assert any(line.startswith("ledger: provider:stripe in CNY stood at") for line in found)
        assert "ledger: the accounts in CNY come to 1, not to nothing" in wrong
        assert any(line.startswith("ledger: provider:stripe in CNY stands at") for line in wrong)
    coupon = {"pk": {"S": "COUPON#x"}, "sk": {"S": "COUPON"}}
    with planted(copy, "coupons", coupon, coupon) as after:
        assert list(differences(before, after)) == ["coupons: COUPON#x COUPON was added"]
    assert list(differences(before, seen(target, prefix))) == []


def test_what_cannot_be_shows_without_knowing_what_was_there(saved, monkeypatch, capsys):
    target, _, prefix, _ = saved
    copy = replace(target, table_prefix=prefix)
    capture = _first(target, prefix, "ledger", "TX#capture:")
    entries = json.loads(capture["entries"]["S"])
    entries[0][1] += 5
    with planted(copy, "ledger", _key(capture), capture | {"entries": {"S": json.dumps(entries)}}) as after:
        assert f"ledger: {capture['pk']['S'].removeprefix('TX#')} does not balance" in list(after.wrong())
    account = _sealed(target, prefix)
    stranger = account | {"pk": {"S": "ACCOUNT#stranger"}}
    with planted(copy, "accounts", _key(stranger), stranger) as after:
        assert after.unreadable
        assert all(line.startswith("accounts ACCOUNT#stranger") for line in after.unreadable)
        assert any(line.endswith("does not open") for line in after.wrong())
    monkeypatch.setattr(verify, "target_of", lambda *_: target)
    assert verify.main(["--stage", "local", "--prefix", prefix]) == 0
    assert capsys.readouterr().out.startswith("verify-tables: 0 wrong; ")
    with planted(copy, "ledger", _key(capture), None):
        assert verify.main(["--stage", "local", "--prefix", prefix]) == 1
        assert "ledger: provider:stripe in CNY stands at" in capsys.readouterr().out
    assert verify.main(["--stage", "local", "--prefix", "nowhere"]) == 1
    assert capsys.readouterr().err.startswith("verify-tables: ")


def _sealed(target, prefix):
    fields = [one for one in wiring.sealed_fields() if one.table == "accounts"]
    return next(
        row
        for row in rows_of(target, f"{prefix}-accounts")
        if any(one.attribute in row and row["sk"]["S"].startswith(one.sk) for one in fields)
    )


def test_many_differences_are_counted():
    before, after = Witness(), Witness()
    for number in range(13):
        after.take("coupons", {"pk": {"S": f"COUPON#{number}"}, "sk": {"S": "COUPON"}})
    found = list(differences(before, after))
    assert len(found) == 11
    assert found[-1] == "coupons: 3 more rows differ"


def test_an_export_that_was_changed_is_not_loaded(stage, tmp_path):
    folder = tmp_path / "export"
    export(stage, stage.table_prefix, folder)
    file = folder / "orders.jsonl"
    kept = file.read_text(encoding="utf-8")
    file.write_text(kept.replace('"completed"', '"cancelled"'), encoding="utf-8")
    with pytest.raises(ExportError, match=r"orders\.jsonl is not as it was written"):
        load(stage, folder, f"{stage.table_prefix}-r2")
    file.write_text("".join(kept.splitlines(keepends=True)[1:]), encoding="utf-8")
    with pytest.raises(ExportError, match=r"rows of"):
        load(stage, folder, f"{stage.table_prefix}-r2")
    (folder / MANIFEST).write_text(json.dumps({"tables": []}), encoding="utf-8")
    with pytest.raises(ExportError, match="other tables"):
        load(stage, folder, f"{stage.table_prefix}-r2")
    (folder / MANIFEST).unlink()
    with pytest.raises(ExportError, match="no whole export"):
        load(stage, folder, f"{stage.table_prefix}-r2")
    names = stage.client("dynamodb").list_tables()["TableNames"]
    assert not [name for name in names if name.startswith(f"{stage.table_prefix}-r2")], "nothing was begun"


def test_every_kind_of_value_survives_its_line():
    row = {
        "pk": {"S": "快递"},
        "n": {"N": "1.50"},
        "b": {"B": b"\x00\xff"},
        "bs": {"BS": [b"\x01", b"\x02"]},
        "ss": {"SS": ["b", "a"]},
        "m": {"M": {"l": {"L": [{"B": b"\x03"}, {"BOOL": True}, {"NULL": True}]}}},
    }
    assert row_of(line_of(row)) == row
    assert line_of(row_of(line_of(row))) == line_of(row)


def test_a_drill_writes_over_nothing(tmp_path, capsys):
    assert command.main(["--folder", str(tmp_path)]) == 1
    assert (
        capsys.readouterr().err == f"restore-drill: {tmp_path} is there already: FOLDER is where the export will lie\n"
    )


def test_a_drill_that_misses_something_names_it():
    with pytest.raises(command.DrillError) as found:
        command._insist(["orders: ORDER#1 ORDER is missing"])
    assert str(found.value) == "not as it was:\norders: ORDER#1 ORDER is missing"
    command._insist([])


def test_to_destroy_is_to_destroy_every_table(stage, tmp_path):
    export(stage, stage.table_prefix, tmp_path / "export")
    prefix = f"{stage.table_prefix}-r3"
    load(stage, tmp_path / "export", prefix)
    command.destroy(stage, prefix)
    assert not [name for name in stage.client("dynamodb").list_tables()["TableNames"] if name.startswith(prefix)]
