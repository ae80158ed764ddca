"""Every domain that knows people has its part in copies and erasures, and functions may do what the parts need."""

import json
from pathlib import Path

from chalicelib import wiring
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money
from chalicelib.kit.pagination import Page
from chalicelib.kit.personal import Matter, Part, every, plain
from chalicelib.privacy.rules import How
from tests.test_policies import WRITES
from tests.test_policies import tables as allowed

CODE = Path(wiring.__file__).parents[1]
# Nobody's own: what is there is a merchant's or the operator's, dies within a day, is made of others' rows, or speaks of
# orders alone.
WITHOUT = {
    "audit",
    "health",
    "kit",
    "ledger",
    "openapi",
    "outbox",
    "reconciliation",
    "regions",
    "reminders",
    "search",
    "support",
    "wiring",
}


def test_every_domain_has_a_part(tables):
    domains = {path.name for path in CODE.iterdir() if path.is_dir() and (path / "__init__.py").exists()} - WITHOUT
    assert {part.name for part in wiring.privacy().parts} == domains
    assert wiring.privacy().parts[0].name == "accounts"


def test_functions_reach_what_the_parts_need():
    parts = {"booking", "calendars", "claims", "coupons", "orders", "payments", "payouts", "queueing", "reviews"}
    parts |= {
        "accounts",
        "ledger",
        "moderation",
        "notifications",
        "outreach",
        "privacy",
        "profiles",
        "risk",
        "settlement",
        "shops",
        "team",
        "vetting",
        "webhooks",
    }
    for function in ("privacy-work", "privacy-run"):
        assert parts <= allowed(function, {"dynamodb:Query"})
    assert allowed("privacy-work", WRITES) == {"privacy", "outbox"}
    assert allowed("privacy-run", WRITES) == parts - {"coupons", "ledger", "payments", "payouts", "shops"} | {
        "audit",
        "outbox",
    }
    assert "ledger" not in allowed("privacy-run", WRITES)
    policy = json.loads((CODE.parent / ".chalice/privacy-work.json").read_text(encoding="utf-8"))
    (copies,) = (row for row in policy["Statement"] if row["Sid"] == "Copies")
    assert copies["Action"] == ["s3:PutObject"]


def test_a_part_without_an_erasure_keeps_what_it_has():
    part = Part("x", lambda account_id: {"things": [account_id]})
    assert part.open_matters("acc_1") == ()
    assert part.erase("acc_1") is None
    assert part.personal_data("acc_1") == {"things": ["acc_1"]}
    assert Matter("x", Text("a", "b")).ids == ()


def test_things_become_plain():
    assert plain({"a": (Money(1, "CNY"), How.SIGN_UP), "b": None, "c": 1.5, "hidden": 1}, "hidden") == {
        "a": [{"amount": 1, "currency": "CNY"}, "sign_up"],
        "b": None,
        "c": 1.5,
    }
    assert plain(Path("x")) == "x"


def test_all_pages_are_read():
    pages = {None: Page((1, 2), {"at": 2}), 2: Page((), {"at": 3}), 3: Page((3,), None)}
    assert list(every(lambda after, limit: pages[after["at"] if after else None])) == [1, 2, 3]
