"""Somebody is erased: nothing of theirs is left in any table, and the books and ratings are as they were."""

import json
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import settings, wiring
from chalicelib.audit.ports import Why
from chalicelib.kit import aws
from chalicelib.kit.clock import iso
from chalicelib.ledger import use_cases as ledger
from chalicelib.privacy import events, use_cases
from chalicelib.privacy.requests import CannotWithdraw, ErasureState
from chalicelib.vetting import use_cases as vetting
from infra.tables import TABLES
from tests.api import MERCHANT, call, told
from tests.chalicelib.payments.conftest import clock as clock  # noqa: PLC0414 - fixtures
from tests.chalicelib.payments.conftest import provider as provider  # noqa: PLC0414
from tests.chalicelib.privacy.life import NAME, PHONE, VALUES, Life
from tests.chalicelib.vetting.test_rules import DETAILS
from tests.chalicelib.vetting.world import IMAGE, JPEG, once
from tests.fakes.files import FakeFiles

ERASURE = "/v1/me/erasure"
SCHEDULED = json.loads((Path(__file__).parents[2] / "events/privacy-run.json").read_text(encoding="utf-8"))


@pytest.fixture
def life(clock, provider, monkeypatch):
    files = FakeFiles()
    monkeypatch.setattr(wiring, "files", lambda: files)
    made = Life(clock, provider)
    made.files = files
    return made


def texts(value):
    """All texts of a row's attribute, opened where they are deflated."""
    for kind, one in value.items():
        if kind == "B":
            try:
                yield zlib.decompress(one).decode()
            except zlib.error:
                yield repr(one)
        elif kind in {"S", "N"}:
            yield one
        elif kind in {"M", "L"}:
            inner = one.values() if kind == "M" else one
            for each in inner:
                yield from texts(each)
        elif kind in {"SS", "NS"}:
            yield from one


def everywhere(now):
    """Every text of every row that has not died, with its table, sealed fields opened."""
    client, prefix = aws.client("dynamodb"), settings.settings().table_prefix
    sealed = {(one.table, one.attribute): one for one in wiring.sealed_fields()}
    for spec in TABLES:
        pages = client.get_paginator("scan").paginate(TableName=spec.full_name(prefix))
        for row in (row for page in pages for row in page["Items"]):
            if "expires_at" in row and float(row["expires_at"]["N"]) < now.timestamp():
                continue  # DynamoDB removes it; emulators do not
            pk, sk = row["pk"]["S"], row["sk"]["S"]
            for name, value in row.items():
                field = sealed.get((spec.name, name))
                if field is not None and sk.startswith(field.sk):
                    yield spec.name, wiring.sealer().open(value["S"], field.place_in(pk, sk))
                else:
                    yield from ((spec.name, text) for text in texts(value))


def found(now):
    return {(table, value) for table, text in everywhere(now) for value in VALUES if value in text}


def books():
    return ledger.trial_balance(wiring.ledger())


def erased(life):
    life.clock.move(days=7, minutes=1)
    assert use_cases.run_erasures(wiring.privacy(), life.clock.now()).closed == 1
    life.clock.move(minutes=31)
    return use_cases.run_erasures(wiring.privacy(), life.clock.now())


def test_nothing_is_left_of_somebody_but_the_books(life):
    opened = life.live()
    tables = {table for table, _ in found(life.clock.now())}
    assert {"accounts", "orders", "claims", "reviews", "search", "booking"} <= tables
    refused = call("POST", ERASURE, actor=life.me, body={})
    assert (refused.status, refused.json["code"]) == (409, "erasure-not-yet")
    assert {one["field"] for one in refused.json["errors"]} == {"open-claim", "in-line"}
    life.leave_everything(*opened)
    copy = life.send("POST", "/v1/me/exports")
    use_cases.make_export(wiring.privacy(), life.id, copy["id"])
    asked = life.send("POST", ERASURE, {"reason": "搬家"})
    assert (asked["state"], asked["matters"]) == ("cooling_off", [])
    before, rating = books(), wiring.reviews().store.rating(life.shop["id"])
    assert life.files.kept
    ran = erased(life)
    assert (ran.erased, ran.failed, ran.put_off) == (1, 0, 0)
    life.deliver()  # what shows reviews hears of it
    life.clock.move(days=2)  # and answers that were kept for repeats have died
    assert found(life.clock.now()) == set()
    assert not life.files.kept
    assert books() == before
    after = wiring.reviews().store.rating(life.shop["id"])
    assert replace(after, version=0) == replace(rating, version=0)
    assert wiring.accounts().store.account(life.id).name is None
    assert call("GET", "/v1/shops/{shop_id}/reviews", shop_id=life.shop["id"]).json["items"][0]["stars"] == 4


def test_a_token_that_is_still_good_writes_no_name_into_an_empty_account(life):
    life.leave_everything(*life.live())
    life.send("POST", ERASURE, {})
    life.clock.move(days=7, minutes=1)
    assert use_cases.run_erasures(wiring.privacy(), life.clock.now()).closed == 1
    assert call("PATCH", "/v1/me", actor=life.me, body={"name": NAME}).status == 404
    assert wiring.accounts().store.account(life.id).name is None


def test_an_erasure_that_dies_goes_on_wherever_it_was(life, monkeypatch):
    life.leave_everything(*life.live())
    life.send("POST", ERASURE, {})
    ports, deaths = wiring.privacy(), []

    class Dying:
        """A part that dies after it did its work, the first time."""

        def __init__(self, part):
            self._part, self.name = part, part.name

        def __getattr__(self, name):
            return getattr(self._part, name)

        def erase(self, account_id):
            self._part.erase(account_id)
            if self.name not in deaths:
                deaths.append(self.name)
                raise RuntimeError(self.name)

    dying = replace(ports, parts=[Dying(part) for part in ports.parts])
    life.clock.move(days=7, minutes=1)
    for _ in range(len(ports.parts) + 3):
        use_cases.run_erasures(dying, life.clock.now())
        life.clock.move(minutes=31)
    assert deaths == [part.name for part in ports.parts]
    assert ports.store.erasure(life.id).state is ErasureState.ERASED
    life.deliver()
    life.clock.move(days=2)
    assert found(life.clock.now()) == set()
    assert use_cases.run_erasures(ports, life.clock.now()) == use_cases.Ran()


def test_somebody_changes_their_mind(life):
    first = life.send("POST", ERASURE, {}, key="key-of-mine")
    assert life.send("POST", ERASURE, {}, key="key-of-mine") == first
    assert life.send("POST", ERASURE, {})["due_at"] == first["due_at"]
    assert [one.type for one in told("privacy.erasure_asked")] == ["privacy.erasure_asked"]
    assert call("DELETE", ERASURE, actor=life.me).status == 204
    assert life.send("GET", ERASURE)["state"] == "withdrawn"
    assert call("DELETE", ERASURE, actor=life.me).json["code"] == "erasure-not-open"
    life.clock.move(days=8)
    assert use_cases.run_erasures(wiring.privacy(), life.clock.now()) == use_cases.Ran()
    again = life.send("POST", ERASURE, {})
    assert again["state"] == "cooling_off"
    life.clock.move(days=8)
    assert events.run(SCHEDULED | {"as_of": iso(life.clock.now())}, None)["closed"] == 1
    with pytest.raises(CannotWithdraw):
        use_cases.withdraw_erasure(wiring.privacy(), life.me, Why(""))


def test_what_is_open_again_puts_it_off(life):
    life.send("POST", ERASURE, {})
    order = life.order(24 * 9)
    life.pay(order)
    life.clock.move(days=7, minutes=1)
    assert use_cases.run_erasures(wiring.privacy(), life.clock.now()).put_off == 1
    assert use_cases.run_erasures(wiring.privacy(), life.clock.now()) == use_cases.Ran()  # tomorrow
    seen = call("GET", ERASURE, actor=life.me, headers={"Accept-Language": "zh-CN"}).json
    assert [(one["code"], one["ids"]) for one in seen["matters"]] == [("open-order", [order["id"]])]
    assert "订单" in seen["matters"][0]["text"]


def test_who_runs_shops_or_has_not_signed_in_just_now_is_refused(life):
    life.send("GET", ERASURE)
    answer = call("POST", ERASURE, actor=MERCHANT, body={})
    assert {one["field"] for one in answer.json["errors"]} == {"runs-shops"}
    old = replace(life.me, signed_in_at=life.clock.now() - timedelta(minutes=11))
    assert call("POST", ERASURE, actor=old, body={}).json["code"] == "sign-in-again"


def test_who_was_asked_to_work_or_applied_to_sell_is_forgotten(life):
    team, ports = wiring.team(), wiring.vetting()
    wish = {"phone": PHONE, "role": "staff", "name": NAME}
    life.send("POST", "/v1/team/invitations", wish, status={201}, actor=MERCHANT)
    vetting.describe(ports, life.me, replace(DETAILS, legal_name=NAME, phone=PHONE))
    form = vetting.begin_upload(ports, life.me, JPEG)
    life.files.send(form.form.fields["key"], IMAGE, JPEG)
    vetting.add_document(ports, life.me, form.document_id, once())
    vetting.submit(ports, life.me, "127.0.0.1", once())
    assert ports.store.file(life.id).application.claim
    life.deliver()
    for part in (*wiring.privacy().parts, *wiring.privacy().parts):
        part.erase(life.id)
    assert not life.files.kept
    assert ports.store.file(life.id).application is None
    assert list(team.store.invitations_of(life.id)) == []
    life.clock.move(days=2)
    assert found(life.clock.now()) == set()
