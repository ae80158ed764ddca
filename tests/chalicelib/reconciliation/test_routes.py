"""Reports and cases as admins see them."""

from chalicelib.reconciliation import use_cases
from chalicelib.reconciliation.rules import CaseKind, Difference
from chalicelib.reconciliation.use_cases._found import opened
from tests.api import ADMIN, CUSTOMER, MERCHANT, call
from tests.chalicelib.payments.flow import paid
from tests.chalicelib.reconciliation.world import DAY, balance, figures, moved, night, ports
from tests.world import hold, open_shop

ROOT = "/v1/admin/reconciliation"
REPORTS, REPORT, RUNS, CASES = f"{ROOT}/reports", f"{ROOT}/reports/{{day}}", f"{ROOT}/runs", f"{ROOT}/cases"
ASSIGN, CLOSE = f"{CASES}/{{case_id}}/assign", f"{CASES}/{{case_id}}/close"


def admin(method, route, **more):
    return call(method, route, actor=ADMIN, **more)


def cases(state="open"):
    return admin("GET", CASES, query={"state": state}).json["items"]


def test_a_theft_is_seen_given_to_somebody_and_written_off(provider, clock):
    paid(provider, hold(open_shop()))
    moved(provider, "transfer", -4_000, ref="tr_stolen")
    moved(provider, "transfer", -30, ref="tr_other")
    clock.move(days=1, hours=11)
    ran = admin("POST", RUNS, body={"day": str(DAY)})
    assert (ran.status, ran.json["done"]) == (200, True)
    assert admin("POST", RUNS, body={"day": str(DAY)}).json == ran.json
    assert admin("GET", REPORT, day=str(DAY)).json == ran.json
    assert admin("GET", REPORTS, query={"limit": 1}).json["items"] == [ran.json]
    page = admin("GET", CASES, query={"limit": 1}).json
    rest = admin("GET", CASES, query={"limit": 1, "cursor": page["next_cursor"]}).json
    case, other = sorted([*page["items"], *rest["items"]], key=lambda one: one["stated"])
    assert (case["kind"], case["stated"], case["provider_ref"]) == ("unknown_movement", -4_000, "tr_stolen")
    case_id = {"case_id": case["id"]}
    given = admin("POST", ASSIGN, body={"owner": "acc_admin", "note": "已联系渠道"}, **case_id)
    assert (given.json["state"], given.json["notes"][0]["text"]) == ("assigned", "已联系渠道")
    assert [one["id"] for one in cases("assigned")] == [case["id"]]
    body = {"resolution": "written_off", "reason": "无法追回"}
    clock.move(days=2)
    ended = admin("POST", CLOSE, body=body, key="close-once", headers={"Accept-Language": "zh-CN"}, **case_id)
    assert (ended.json["state"], ended.json["age_days"], ended.json["closed_by"]) == ("closed", 2, "acc_admin")
    assert ended.json["reason"] == "支付渠道有 -4000 CNY 的资金变动，并非由平台发起。"
    again = admin("POST", CLOSE, body=body, key="close-once", **case_id)
    assert (again.text, again.headers["Idempotent-Replayed"]) == (ended.text, "true")
    assert (balance("suspense"), balance("provider:stripe")) == (4_000, 6_000)
    entries = admin("GET", "/v1/admin/audit", query={"object": f"case:{case['id']}"}).json["items"]
    assert [one["action"] for one in entries] == ["reconciliation.close", "reconciliation.assign"]
    assert entries[0]["details"]["difference"] == -4_000
    assert (entries[1]["details"], entries[1]["reason"]) == ({"owner": "acc_admin"}, "已联系渠道")
    late = admin("POST", CLOSE, body=body, **case_id)
    assert (late.status, late.json["code"]) == (409, "case-closed")
    assert admin("POST", ASSIGN, body={"owner": "acc_admin"}, **case_id).json["code"] == "case-closed"
    night(clock, clock.now().date())
    assert figures(use_cases.run(ports(), DAY))["opened"] == 2
    assert [one["id"] for one in cases()] == [other["id"]]


def test_what_cannot_be_asked_or_not_by_others(provider, clock):
    assert admin("GET", REPORT, day="2030-05-01").status == 404
    assert admin("GET", REPORT, day="yesterday").status == 422
    assert admin("POST", RUNS, body={"day": str(DAY)}).status == 422
    for actor in (CUSTOMER, MERCHANT):
        assert call("GET", REPORTS, actor=actor).status == 403
        assert call("GET", CASES, actor=actor).status == 403
        assert call("POST", RUNS, actor=actor, body={"day": str(DAY)}).status == 403
    found = Difference(CaseKind.BOOKS_DIFFER, "books", "platform:bank:CNY", "CNY", 0, 500)
    opened(ports(), found, DAY)
    body = {"resolution": "written_off", "reason": "x"}
    refused = admin("POST", CLOSE, body=body, case_id=found.id)
    assert (refused.status, refused.json["code"]) == (409, "nothing-to-write-off")
    none = admin("POST", CLOSE, body=body, case_id="rec_none")
    assert (none.status, none.json["code"]) == (404, "not-found")
