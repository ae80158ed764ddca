"""Alerts and freezes as admins see them."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.risk import use_cases
from chalicelib.risk.ports import Counted
from tests.api import ADMIN, CUSTOMER, MERCHANT, call, working_for
from tests.chalicelib.risk.world import NOW, arrived, gone, ports
from tests.fakes.time import FakeClock

ALERTS, FREEZES = "/v1/admin/risk/alerts", "/v1/admin/risk/freezes"
ALERT = f"{ALERTS}/{{alert_id}}"
CLOSE, LIFT = f"{ALERT}/close", f"{FREEZES}/lift"
WISH = {"subject": "payouts:acc_merchant", "reason": "账户异常，等待核实"}


@pytest.fixture
def clock(tables):
    wiring.use_clock(FakeClock(NOW))


def refusal(answer):
    return answer.status, answer.json["code"]


def history(name):
    return call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": name}).json["items"]


def test_an_admin_freezes_and_lets_go_on(clock):
    made = call("POST", FREEZES, actor=ADMIN, body=WISH, key="freeze-once")
    assert (made.status, made.json) == (
        200, WISH | {"frozen": True, "by": "acc_admin", "at": "2030-05-01T04:00:00Z"}
    )  # fmt: skip
    again = call("POST", FREEZES, actor=ADMIN, body=WISH, key="freeze-once")
    assert (again.text, again.headers["Idempotent-Replayed"]) == (made.text, "true")
    assert call("POST", FREEZES, actor=ADMIN, body=WISH).json == made.json
    other = call("POST", FREEZES, actor=ADMIN, body=WISH | {"subject": "account:acc_customer"}).json
    page = call("GET", FREEZES, actor=ADMIN, query={"limit": 1}).json
    rest = call("GET", FREEZES, actor=ADMIN, query={"cursor": page["next_cursor"]}).json
    assert sorted([*page["items"], *rest["items"]], key=str) == sorted([made.json, other], key=str)
    assert rest["next_cursor"] is None
    lifted = call("POST", LIFT, actor=ADMIN, body=WISH | {"reason": "已核实"})
    assert (lifted.status, lifted.json["frozen"], lifted.json["reason"]) == (200, False, "已核实")
    assert call("GET", FREEZES, actor=ADMIN).json["items"] == [other]
    entries = history("payouts:acc_merchant")
    assert {(one["action"], one["source_ip"], one["actor_id"]) for one in entries} == {
        ("risk.freeze", "127.0.0.1", "acc_admin"),
        ("risk.unfreeze", "127.0.0.1", "acc_admin"),
    }


def test_nobody_lets_those_go_on_whom_they_work_for(clock):
    wish = WISH | {"subject": f"payouts:{MERCHANT.account_id}"}
    call("POST", FREEZES, actor=ADMIN, body=wish)
    assert call("POST", LIFT, actor=working_for(MERCHANT, ADMIN), body=wish).status == 403
    assert call("POST", LIFT, actor=ADMIN, body=wish).status == 200


def test_no_admin_lets_themselves_go_on(clock):
    for subject in (f"account:{ADMIN.account_id}", f"payouts:{ADMIN.account_id}"):
        frozen = call("POST", FREEZES, actor=replace(ADMIN, account_id="acc_admin_2"), body=WISH | {"subject": subject})
        assert call("POST", LIFT, actor=ADMIN, body=WISH | {"subject": subject}).status == 403
        assert frozen.json in call("GET", FREEZES, actor=ADMIN).json["items"]
    for number in range(5):
        use_cases.refunded(ports(), gone(number, account_id=ADMIN.account_id), NOW)
    [alert] = call("GET", ALERTS, actor=ADMIN).json["items"]
    assert call("POST", CLOSE, actor=ADMIN, body={"reason": "误报"}, alert_id=alert["id"]).status == 403
    assert call("GET", ALERTS, actor=ADMIN).json["items"] == [alert]


def test_an_admin_looks_at_alerts_and_closes_them(clock):
    for number in range(2):
        use_cases.paid(ports(), arrived(number, payer=f"card-{number}", amount=10_001), NOW)
    page = call("GET", ALERTS, actor=ADMIN, query={"limit": 1}).json
    rest = call("GET", ALERTS, actor=ADMIN, query={"cursor": page["next_cursor"]}).json
    [alert], [other] = page["items"], rest["items"]
    assert (alert["kind"], alert["since"], alert["times"]) == ("velocity", "2030-05-01T04:00:00Z", 1)
    assert (alert["open"], alert["closed_by"], alert["note"]) == (True, None, None)
    closed = call("POST", CLOSE, actor=ADMIN, body={"reason": "误报"}, key="close-once", alert_id=alert["id"])
    assert closed.json == alert | {
        "open": False, "closed_by": "acc_admin", "closed_at": "2030-05-01T04:00:00Z", "note": "误报"
    }  # fmt: skip
    again = call("POST", CLOSE, actor=ADMIN, body={"reason": "误报"}, key="close-once", alert_id=alert["id"])
    assert again.text == closed.text
    late = call("POST", CLOSE, actor=ADMIN, body={"reason": "误报"}, alert_id=alert["id"])
    assert refusal(late) == (409, "alert-closed")
    assert call("POST", CLOSE, actor=ADMIN, body={"reason": "误报"}, alert_id="alr_none").status == 404
    assert call("GET", ALERTS, actor=ADMIN).json["items"] == [other]
    [entry] = history(f"alert:{alert['id']}")
    assert (entry["action"], entry["reason"]) == ("risk.close_alert", "误报")


class Sessions:
    """Ends sessions by a row that the test can see, as accounts do."""

    def end_all(self, account_id):
        return [wiring.risk().store.mark(f"ended:{account_id}", NOW)]


@pytest.mark.parametrize(("kind", "ends"), [("account", True), ("login", True), ("payouts", False)])
def test_freezing_an_account_ends_its_sessions_and_nothing_thaws_by_itself(clock, monkeypatch, kind, ends):
    freezing = replace(wiring.freezing(), sessions=Sessions())
    monkeypatch.setattr(wiring, "freezing", lambda: freezing)
    wish = WISH | {"subject": f"{kind}:acc_customer"}
    assert call("POST", FREEZES, actor=ADMIN, body=wish).status == 200
    ended = wiring.risk().store.mark("ended:acc_customer", NOW)
    if ends:
        with pytest.raises(Counted):
            wiring.committer().commit([ended])
    else:
        wiring.committer().commit([ended])
    assert call("POST", FREEZES, actor=ADMIN, body=wish).json["at"] == "2030-05-01T04:00:00Z"
    wiring.clock().move(days=170)
    assert len(call("GET", FREEZES, actor=ADMIN).json["items"]) == 1
    assert call("POST", LIFT, actor=replace(ADMIN, account_id="acc_customer"), body=wish).status == 403
    assert call("POST", LIFT, actor=ADMIN, body=wish).json["frozen"] is False


def test_an_alert_is_given_to_somebody_written_on_and_found_again(clock):
    use_cases.paid(ports(), arrived(1, amount=10_001), NOW)
    wiring.clock().move(hours=3)
    use_cases.refunded(ports(), gone(1, account_id="acc_2"), NOW)
    for number in range(2, 4):
        use_cases.refunded(ports(), gone(number, account_id="acc_2"), wiring.clock().now())
    velocity, refunds = call("GET", ALERTS, actor=ADMIN).json["items"]
    at = {"alert_id": velocity["id"]}
    given = call("POST", f"{ALERT}/assign", actor=ADMIN, body={"assigned_to": "acc_risk", "reason": "请跟进"}, **at)
    assert given.json == velocity | {"assigned_to": "acc_risk"}
    wrote = call("POST", f"{ALERT}/notes", actor=ADMIN, body={"text": "已致电持卡人"}, key="note-once", **at)
    assert wrote.json["notes"] == [{"by": "acc_admin", "at": "2030-05-01T07:00:00Z", "text": "已致电持卡人"}]
    assert (
        call("POST", f"{ALERT}/notes", actor=ADMIN, body={"text": "已致电持卡人"}, key="note-once", **at).json
        == wrote.json
    )
    assert call("GET", ALERT, actor=ADMIN, **at).json == wrote.json
    for query, ids in (
        ({"kind": "velocity"}, [velocity["id"]]), ({"kind": "stuffing"}, []), ({"assigned_to": "acc_risk"}, [velocity["id"]]),
        ({"older_than_hours": 2}, [velocity["id"]]), ({"older_than_hours": 4}, []),
        ({"kind": "refund-abuse", "older_than_hours": 0}, []),
    ):  # fmt: skip
        assert [one["id"] for one in call("GET", ALERTS, actor=ADMIN, query=query).json["items"]] == ids, query
    page = call("GET", ALERTS, actor=ADMIN, query={"limit": 1}).json
    moved = {"limit": 1, "cursor": page["next_cursor"], "kind": "velocity"}
    assert call("GET", ALERTS, actor=ADMIN, query=moved).status == 422  # a cursor of another list
    back = call("POST", f"{ALERT}/assign", actor=ADMIN, body={"assigned_to": None, "reason": "休假"}, **at)
    assert (back.json["assigned_to"], len(back.json["notes"])) == (None, 1)
    _what_cannot_be_done(refunds["id"])
    assert [(one["action"], one["reason"]) for one in history(f"alert:{velocity['id']}")] == [
        ("risk.assign_alert", "休假"), ("risk.note_alert", "已致电持卡人"), ("risk.assign_alert", "请跟进"),
    ]  # fmt: skip


def _what_cannot_be_done(alert_id):
    about, at = replace(ADMIN, account_id="acc_2"), {"alert_id": alert_id}
    assign, note = {"assigned_to": "acc_2", "reason": "?"}, {"text": "?"}
    told = call("POST", f"{ALERT}/assign", actor=ADMIN, body=assign, **at)
    assert (refusal(told), told.json["errors"][0]["field"]) == ((422, "invalid-request"), "assigned_to")
    assert call("POST", f"{ALERT}/assign", actor=about, body=assign, **at).status == 403
    assert call("POST", f"{ALERT}/notes", actor=about, body=note, **at).status == 403
    assert call("POST", f"{ALERT}/notes", actor=CUSTOMER, body=note, **at).status == 403
    assert call("GET", ALERT, actor=CUSTOMER, **at).status == 403
    assert call("POST", f"{ALERT}/notes", actor=ADMIN, body=note, alert_id="alr_none").status == 404
    assert call("GET", ALERT, actor=ADMIN, alert_id="alr_none").status == 404
    for number in range(22):
        last = call("POST", f"{ALERT}/notes", actor=ADMIN, body={"text": f"第{number}条"}, **at)
    assert [one["text"] for one in last.json["notes"]] == [f"第{number}条" for number in range(2, 22)]
    assert call("POST", CLOSE, actor=ADMIN, body={"reason": "误报"}, **at).json["notes"] == last.json["notes"]
    assert refusal(call("POST", f"{ALERT}/notes", actor=ADMIN, body=note, **at)) == (409, "alert-closed")


def test_nobody_else_gets_in_and_nothing_else_can_be_frozen(tables):
    asked = (("GET", ALERTS), ("GET", FREEZES), ("POST", FREEZES), ("POST", LIFT))
    for method, route in asked:
        body = WISH if method == "POST" else None
        for actor in (CUSTOMER, MERCHANT):
            assert refusal(call(method, route, actor=actor, body=body)) == (403, "forbidden")
        assert call(method, route, body=body).status == 401
    for wrong in (
        {"subject": "shop:shp_1"}, {"subject": "account:"}, {"subject": "account:a#b"}, {"reason": ""},
        {"reason": "长" * 501}, {"reason": "a\nb"}, {"subject": "account:" + "a" * 101},
    ):  # fmt: skip
        answer = call("POST", FREEZES, actor=ADMIN, body=WISH | wrong)
        assert refusal(answer) == (422, "invalid-request")
        assert [one["field"] for one in answer.json["errors"]] == list(wrong)
    assert call("GET", FREEZES, actor=ADMIN).json["items"] == []
