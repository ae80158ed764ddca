import json
from pathlib import Path

import pytest
import requests

from chalicelib import wiring
from chalicelib.vetting import events
from tests.api import ADMIN, call, told
from tests.chalicelib.vetting.world import IMAGE, Vetting, number

MINE, ADMINS = "/v1/me/merchant/application", "/v1/admin/vetting"
WISH = {
    "country": "CN",
    "business_name": "上海邻里美发有限公司",
    "licence_kind": "cn-credit-code",
    "licence_number": number(1),
    "licence_expires_on": "2036-05-31",
    "legal_name": "王小明",
    "contact_name": "李雷",
    "contact_phone": "+8613800138000",
    "address": "上海市静安区南京西路1号",
    "position": {"lat": 31.23, "lon": 121.46},
}
WHY = {"reason": "证照清晰，信息一致"}


@pytest.fixture
def actor(tables):
    before = wiring.clock()
    yield Vetting().person()
    for key in wiring.files().below(""):
        wiring.files().delete(key)
    wiring.use_clock(before)


def refusal(answer):
    return answer.status, answer.json["code"]


def upload(actor, content=IMAGE, media="image/jpeg"):
    form = call("POST", f"{MINE}/uploads", actor=actor, body={"media": media}).json
    sent = requests.post(form["url"], data=form["fields"], files={"file": ("licence.jpg", content)}, timeout=10)
    assert sent.status_code == 204, sent.text
    return form["document_id"]


def register(actor, document_id, key=None):
    return call("POST", f"{MINE}/documents", actor=actor, body={"document_id": document_id}, key=key)


def test_a_customer_applies_uploads_and_is_approved(actor):
    assert call("GET", MINE, actor=actor).status == 404
    draft = call("PUT", MINE, actor=actor, body=WISH)
    assert (draft.status, draft.json["state"], draft.json["details"]) == (200, "draft", WISH)
    assert refusal(call("POST", f"{MINE}/submit", actor=actor)) == (409, "documents-missing")
    document_id = upload(actor)
    added = register(actor, document_id, key="key-of-mine")
    assert [(one["id"], one["size"]) for one in added.json["documents"]] == [(document_id, 100)]
    assert register(actor, document_id, key="key-of-mine").text == added.text
    assert refusal(register(actor, document_id)) == (409, "not-uploaded")
    handed_in = call("POST", f"{MINE}/submit", actor=actor, key="key-of-mine")
    assert handed_in.json["state"] == "in_review"
    assert call("POST", f"{MINE}/submit", actor=actor, key="key-of-mine").text == handed_in.text
    assert refusal(call("PUT", MINE, actor=actor, body=WISH)) == (409, "application-state")

    at = f"{ADMINS}/applications"
    [waiting] = call("GET", at, actor=ADMIN).json["items"]
    assert (waiting["account_id"], waiting["business_name"]) == (actor.account_id, WISH["business_name"])
    assert call("GET", at, actor=ADMIN, query={"state": "draft"}).json["items"] == []
    one = {"actor": ADMIN, "account_id": actor.account_id}
    assert call("GET", f"{at}/{{account_id}}", **one).json["details"] == WISH
    [link] = call("POST", f"{at}/{{account_id}}/links", body=WHY, **one).json["items"]
    got = requests.get(link["url"], timeout=10)
    assert (got.content, got.headers["content-type"]) == (IMAGE, "image/jpeg")
    assert got.headers["content-disposition"].startswith("attachment")
    decided = call("POST", f"{at}/{{account_id}}/decision", body={"outcome": "approve", **WHY}, **one)
    assert (decided.json["state"], decided.json["licence"]["lapses_at"]) == ("approved", "2036-06-15T00:00:00Z")
    again = call("POST", f"{at}/{{account_id}}/decision", body={"outcome": "reject", **WHY}, **one)
    assert refusal(again) == (409, "application-state")
    assert call("GET", MINE, actor=actor).json == decided.json
    assert "merchant" in wiring.accounts().store.account(actor.account_id).roles


def test_a_page_that_says_it_is_an_image_is_refused(actor):
    call("PUT", MINE, actor=actor, body=WISH)
    assert refusal(register(actor, upload(actor, b"<html><script>"))) == (422, "document-refused")
    assert refusal(register(actor, "doc_" + "0" * 26)) == (409, "not-uploaded")
    assert call("POST", f"{MINE}/uploads", actor=actor, body={"media": "text/html"}).status == 422
    kept = upload(actor)
    register(actor, kept)
    path = f"{MINE}/documents/{{document_id}}"
    assert call("DELETE", path, actor=actor, document_id=kept).json["documents"] == []
    assert call("DELETE", path, actor=actor, document_id=kept).status == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "cn"),
        ("licence_kind", "passport"),
        ("contact_phone", "13800138000"),
        ("business_name", "a\nb"),
        ("position", {"lat": 91, "lon": 0}),
        ("licence_expires_on", "2036-02-31"),
        ("roles", ["merchant"]),
    ],
)
def test_what_cannot_be_read_is_refused(actor, field, value):
    assert call("PUT", MINE, actor=actor, body=WISH | {field: value}).status == 422


def test_customers_see_nothing_of_the_review(actor):
    one = {"actor": actor, "account_id": actor.account_id}
    at = f"{ADMINS}/applications"
    answers = [
        call("GET", at, actor=actor),
        call("GET", f"{at}/{{account_id}}", **one),
        call("POST", f"{at}/{{account_id}}/links", body=WHY, **one),
        call("POST", f"{at}/{{account_id}}/decision", body={"outcome": "approve", **WHY}, **one),
        call("GET", f"{ADMINS}/blocked-names", actor=actor),
        call("POST", f"{ADMINS}/blocked-names", actor=actor, body={"text": "x", **WHY}),
        call("DELETE", f"{ADMINS}/blocked-names/{{name_id}}", actor=actor, name_id="bln_1"),
    ]
    assert {one.status for one in answers} == {403}


def test_admins_keep_the_list_of_names(actor):
    at = f"{ADMINS}/blocked-names"
    made = call("POST", at, actor=ADMIN, body={"text": "公安局", **WHY})
    assert (made.status, call("GET", at, actor=ADMIN).json["items"]) == (201, [made.json])
    assert call("POST", at, actor=ADMIN, body={"text": "·", **WHY}).status == 422
    call("PUT", MINE, actor=actor, body=WISH | {"business_name": "上海公安局美发"})
    register(actor, upload(actor))
    assert call("POST", f"{MINE}/submit", actor=actor).json["reasons"] == ["name-blocked"]
    for status in (204, 404):
        assert call("DELETE", f"{at}/{{name_id}}", actor=ADMIN, name_id=made.json["id"]).status == status


def test_the_sweep_of_a_day(actor):
    call("PUT", MINE, actor=actor, body=WISH)
    register(actor, upload(actor))
    call("POST", f"{MINE}/submit", actor=actor)
    one = {"actor": ADMIN, "account_id": actor.account_id}
    call("POST", f"{ADMINS}/applications/{{account_id}}/decision", body={"outcome": "approve", **WHY}, **one)
    event = json.loads(Path("tests/events/vetting-sweep.json").read_text()) | {"as_of": "2036-06-15T00:00:00Z"}
    assert events.look_after(event, None) == {"told": 0, "lapsed": 1, "forgotten": 0, "failed": 0}
    assert events.look_after(event, None) == {"told": 0, "lapsed": 0, "forgotten": 0, "failed": 0}
    assert [one.payload["until"] for one in told("vetting.lapsed")] == ["2036-05-31"]
