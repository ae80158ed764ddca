"""A copy of all that is known of somebody."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from chalicelib import wiring
from chalicelib.kit.files import FilesDown
from chalicelib.kit.transaction import Contention
from chalicelib.privacy import copy, events, requests, use_cases
from chalicelib.privacy.requests import Export, ExportState
from tests.api import ADMIN, OTHER, call, deliver, told
from tests.chalicelib.payments.conftest import clock as clock  # noqa: PLC0414 - fixtures
from tests.chalicelib.payments.conftest import provider as provider  # noqa: PLC0414
from tests.chalicelib.privacy.life import CLAIM_TEXT, LAT, NAME, PHONE, REASON, REVIEW_TEXT
from tests.chalicelib.privacy.test_erasure import life as life  # noqa: PLC0414

EXPORTS, EXPORT = "/v1/me/exports", "/v1/me/exports/{export_id}"
NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)


def made(life, key=None):
    asked = life.send("POST", EXPORTS, key=key)
    messages = told("privacy.export_asked")
    assert deliver(events.work, *messages) == []
    wiring.outbox().remove([one.id for one in messages])
    return asked["id"]


def test_a_copy_has_everything_of_theirs_and_nothing_of_others(life):
    life.live()
    export_id = made(life)
    ((key, (content, media)),) = life.files.kept.items()
    assert (key, media) == (f"exports/{life.id}/{export_id}.zip", "application/zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert names == ["index.html", *(f"{part.name}.json" for part in wiring.privacy().parts)]
        files = {name: archive.read(name).decode() for name in names}
    index = files.pop("index.html")
    assert "您的信息" in index
    assert "orders.json" in index
    whole = {name: json.loads(text) for name, text in files.items()}
    expected = {
        "accounts.json": (PHONE, NAME), "orders.json": (REASON,), "reviews.json": (REVIEW_TEXT,),
        "claims.json": (CLAIM_TEXT,), "booking.json": (str(LAT),), "payments.json": ("12800", "10000"),
        "consents.json": (), "notifications.json": ("静安理发",),
    }  # fmt: skip
    for name, texts in expected.items():
        assert not texts or any(text in files.get(name, "") for text in texts), name
    counts = {what: len(rows) for one in whole.values() for what, rows in one.items() if isinstance(rows, list)}
    assert {
        "orders": 2,
        "bookings": 1,
        "waits": 1,
        "reviews": 1,
        "of_you": 1,
        "claims": 1,
        "coupons": 1,
        "numbers": 1,
    }.items() <= (counts.items())
    assert {"payments": 1, "calendar_feeds": 1, "consents": 1, "shops": 0, "payouts": 0}.items() <= counts.items()
    assert not [word for word in ("commission", "secret", 'acc_merchant":') for text in files.values() if word in text]
    assert [one.payload["export_id"] for one in told("privacy.export_ready")] == [export_id]


def test_one_at_a_time_and_a_few_a_month(life):
    first = life.send("POST", EXPORTS, key="key-of-mine")
    assert life.send("POST", EXPORTS, key="key-of-mine") == first
    assert call("POST", EXPORTS, actor=life.me).json["code"] == "export-in-progress"
    life.clock.move(days=1, minutes=1)  # it died
    assert life.send("GET", EXPORT, export_id=first["id"])["state"] == "over"
    ids = [first["id"], made(life)]
    life.clock.move(minutes=1)
    ids.append(made(life))
    refused = call("POST", EXPORTS, actor=life.me)
    assert (refused.status, refused.json["code"]) == (429, "too-many-exports")
    assert int(refused.headers["Retry-After"]) == (timedelta(days=29) - timedelta(minutes=2)).total_seconds() + 1
    assert [one["id"] for one in life.send("GET", EXPORTS)["items"]] == ids[::-1]


def test_the_link_is_its_owners_for_a_week(life):
    export_id = made(life)
    shown = life.send("GET", EXPORT, export_id=export_id)
    assert (shown["state"], shown["link"].endswith("seconds=300")) == ("ready", True)
    assert life.send("GET", EXPORTS)["items"][0]["link"] is None
    for other in (OTHER, ADMIN):
        assert call("GET", EXPORT, actor=other, export_id=export_id).status == 404
    life.clock.move(days=7)
    gone = life.send("GET", EXPORT, export_id=export_id)
    assert (gone["state"], gone["link"]) == ("over", None)


def test_a_copy_is_for_who_has_signed_in_a_moment_ago(life):
    """It holds all at once what a stolen session would see piece by piece, and masked."""
    export_id = made(life)
    stale = replace(life.me, signed_in_at=life.clock.now() - timedelta(minutes=11))
    for method, route, at in (("POST", EXPORTS, {}), ("GET", EXPORT, {"export_id": export_id})):
        refused = call(method, route, actor=stale, **at)
        assert (refused.status, refused.json["code"]) == (403, "sign-in-again")
    assert call("GET", EXPORTS, actor=stale).status == 200
    fresh = replace(life.me, signed_in_at=life.clock.now())
    assert call("GET", EXPORT, actor=fresh, export_id=export_id).json["link"]


def test_a_copy_that_died_is_made_by_the_next_try_and_told_once(life):
    asked = life.send("POST", EXPORTS)
    life.files.is_down = True
    with pytest.raises(FilesDown):
        use_cases.make_export(wiring.privacy(), life.id, asked["id"])
    life.files.is_down = False
    for _ in range(2):
        use_cases.make_export(wiring.privacy(), life.id, asked["id"])
    use_cases.make_export(wiring.privacy(), life.id, "exp_none")
    assert len(told("privacy.export_ready")) == 1
    stale = next(one for one in wiring.privacy().store.exports(life.id)[0])
    assert stale.size == len(life.files.kept[stale.key][0])
    assert deliver(events.work, *told("privacy.export_ready")) != []


def test_a_copy_whose_last_write_meets_a_conflict_is_finished_all_the_same(life):
    asked, ports = life.send("POST", EXPORTS), wiring.privacy()
    real, met = ports.committer, []

    def commit(actions):
        met.append(actions)
        if len(met) == 1:
            raise Contention  # also how a throttled transaction is told
        real.commit(actions)

    busy = replace(ports, committer=SimpleNamespace(commit=commit))
    use_cases.make_export(busy, life.id, asked["id"])
    assert len(met) == 2
    assert call("GET", EXPORT, actor=life.me, export_id=asked["id"]).json["state"] == "ready"
    assert len(told("privacy.export_ready")) == 1


def test_states_of_a_copy():
    waiting = Export("exp_1", "acc_1", NOW)
    assert waiting.state_at(NOW + requests.GIVEN_UP - timedelta(seconds=1)) is ExportState.WAITING
    assert waiting.state_at(NOW + requests.GIVEN_UP) is ExportState.OVER
    with pytest.raises(requests.CopyOnItsWay):
        requests.check_copies([waiting], NOW)
    old = [Export(f"exp_{n}", "acc_1", NOW - requests.WITHIN, NOW) for n in range(9)]
    requests.check_copies(old, NOW)


def test_the_same_copy_is_the_same_file_and_names_no_markup():
    parts = {"a<b": {"x&y": [{"name": "张伟"}]}}
    assert copy.packed(parts, NOW) == copy.packed(parts, NOW)
    with zipfile.ZipFile(io.BytesIO(copy.packed(parts, NOW))) as archive:
        assert "a&lt;b.json" in archive.read("index.html").decode()
        assert json.loads(archive.read("a<b.json")) == {"x&y": [{"name": "张伟"}]}
