from dataclasses import replace
from datetime import timedelta

from chalicelib import settings, wiring
from chalicelib.audit import use_cases as audit
from chalicelib.kit.ids import new_id
from chalicelib.notifications import use_cases
from chalicelib.notifications.costs import cap
from chalicelib.notifications.ports import Channel
from chalicelib.profiles import use_cases as profiles
from chalicelib.profiles.ports import KINDS
from infra.targets import Target
from infra.template_app import environment
from tests.api import ADMIN, CUSTOMER, OTHER, call, present
from tests.chalicelib.notifications.test_store import NOW, keep, notice
from tests.fakes.notices import Clock

READ = "/v1/me/notices/{notice_id}/read"
BOOK, STOP = "/v1/accounts/{account_id}/notice-addresses", "/v1/unsubscribe/{link}"
FORM = "application/x-www-form-urlencoded"
STOPPABLE = "order.completed.customer"


def test_everybody_reads_what_they_were_told(tables):
    keep(*(notice(n, account=CUSTOMER.account_id, at=NOW + timedelta(minutes=n)) for n in range(3)))
    first = call("GET", "/v1/me/notices", actor=CUSTOMER, query={"limit": 2})
    assert first.status == 200
    assert first.json["items"][0] == {
        "id": notice(2, account=CUSTOMER.account_id).id,
        "kind": "order.confirmed.customer",
        "channel": "sms",
        "title": "预订已确认",
        "body": "预订已确认。",
        "link": None,
        "state": "sent",
        "read": False,
        "created_at": "2030-05-01T09:32:00Z",
    }
    assert first.json["unread"] == 3
    cursor = first.json["next_cursor"]
    second = call("GET", "/v1/me/notices", actor=CUSTOMER, query={"cursor": cursor})
    assert [one["id"] for one in second.json["items"]] == [notice(0, account=CUSTOMER.account_id).id]
    assert second.json["next_cursor"] is None
    assert call("GET", "/v1/me/notices", actor=OTHER).json == {"items": [], "unread": 0, "next_cursor": None}
    assert call("GET", "/v1/me/notices", actor=OTHER, query={"cursor": cursor}).status == 422


def test_reading_one_and_all_is_counted_once_and_for_ones_own_alone(tables):
    keep(*(notice(n, account=CUSTOMER.account_id) for n in range(3)))
    one = notice(1, account=CUSTOMER.account_id).id
    for _ in range(2):
        assert call("POST", READ, actor=CUSTOMER, notice_id=one).json == {"unread": 2}
    assert call("POST", READ, actor=OTHER, notice_id=one).status == 404
    assert call("POST", READ, actor=CUSTOMER, notice_id="ntc_none").status == 404
    assert call("GET", "/v1/me/notices/unread", actor=CUSTOMER).json == {"unread": 2}
    listed = call("GET", "/v1/me/notices", actor=CUSTOMER).json["items"]
    assert {item["id"] for item in listed if item["read"]} == {one}
    for _ in range(2):
        assert call("POST", "/v1/me/notices/read", actor=CUSTOMER).json == {"unread": 0}
    assert all(item["read"] for item in call("GET", "/v1/me/notices", actor=CUSTOMER).json["items"])
    first = notice(0, account=CUSTOMER.account_id).id
    assert call("POST", READ, actor=CUSTOMER, notice_id=first).json == {"unread": 0}


def test_strangers_sign_in_first(tables):
    for method, path, ids in (
        ("GET", "/v1/me/notices", {}),
        ("GET", "/v1/me/notices/unread", {}),
        ("POST", "/v1/me/notices/read", {}),
        ("POST", READ, {"notice_id": "ntc_1"}),
        ("GET", BOOK, {"account_id": "acc_1"}),
        ("POST", f"{BOOK}/lift", {"account_id": "acc_1"}),
    ):
        assert call(method, path, **ids).status == 401


def off(account_id=CUSTOMER.account_id):
    return profiles.choices_of(wiring.choosing(), account_id).off


def token(kind=STOPPABLE):
    return wiring.notifications().links.make(CUSTOMER.account_id, kind)


def test_to_open_the_way_out_stops_nothing_and_to_post_to_it_stops_the_kind_everywhere(tables):
    present(CUSTOMER)
    asked = call("GET", STOP, link=token())
    assert (asked.status, asked.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "visits that you can review" in asked.text
    assert '<form method="post">' in asked.text
    assert "form-action 'self'" in asked.headers["Content-Security-Policy"]
    assert off() == frozenset()
    zh = call("GET", STOP, link=token(), headers={"Accept-Language": "zh-CN"})
    assert "到店评价邀请" in zh.text
    part = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    forms = {FORM: "List-Unsubscribe=One-Click", "multipart/form-data; boundary=x": part}
    for content_type, raw in forms.items():
        stopped = call("POST", STOP, link=token(), raw=raw, headers={"Content-Type": content_type})
        assert stopped.status == 200
        assert "You get no more of these" in stopped.text
        assert off() == {(STOPPABLE, channel) for channel in Channel}


def test_the_way_out_is_good_for_one_kind_of_one_person_alone(tables):
    good, changed = token(), token()[:-2] + ("AA" if token()[-2:] != "AA" else "BB")
    for bad in (changed, "x", "not-a-token", token("login.new.customer"), token("no.such.kind")):
        for method in ("GET", "POST"):
            refused = call(method, STOP, link=bad)
            assert (refused.status, refused.json["code"]) == (404, "bad-unsubscribe-link")
    assert len(good) <= 128
    kinds = max(KINDS, key=len)
    assert len(wiring.notifications().links.make(new_id("acc"), kinds)) <= 128
    gone = call("POST", STOP, link=good, headers={"Content-Type": FORM})
    assert gone.status == 200
    assert off() == frozenset(), "whoever has no account gets no rows"


def test_support_sees_where_nothing_arrives_and_lifts_it_with_a_word_in_the_audit_log(tables):
    present(CUSTOMER)
    phone, ports = f"+{CUSTOMER.account_id}", wiring.notifications()
    use_cases.suspend(replace(ports, clock=Clock(NOW + timedelta(days=36500))), Channel.SMS, phone, "opted out")
    shown = call("GET", BOOK, actor=ADMIN, account_id=CUSTOMER.account_id).json["items"]
    assert [(one["channel"], one["reason"]) for one in shown] == [("sms", "opted out")]
    assert phone not in str(shown)
    assert call("GET", BOOK, actor=CUSTOMER, account_id=CUSTOMER.account_id).status == 403
    assert call("GET", BOOK, actor=ADMIN, account_id="acc_none").status == 404
    for _ in range(2):
        body = {"reason": "They sent START to the number."}
        lifted = call("POST", f"{BOOK}/lift", actor=ADMIN, body=body, account_id=CUSTOMER.account_id).json["items"]
        assert [one["suspended_at"] for one in lifted] == [None]
    noted = audit.read(wiring.audit(), f"account:{CUSTOMER.account_id}", None, None, 10).items
    assert [(one.entry.action, one.entry.details) for one in noted] == [("notifications.lift", {"addresses": 1})]
    assert ports.gone.suspensions([(Channel.SMS, phone)]) == {}


def test_a_stage_sets_what_kinds_may_cost(tables, monkeypatch):
    caps = {"outreach": 20, "order.expired.customer": 0}
    told = environment(Target.aws(stage="prod", region="eu-west-1", notice_daily_cap=30, notice_caps=caps))
    for name in ("NOTICE_DAILY_CAP", "NOTICE_CAPS"):
        monkeypatch.setenv(name, told[name])
    settings.settings.cache_clear()
    wiring.notifications.cache_clear()
    found = wiring.notifications().caps
    settings.settings.cache_clear()
    wiring.notifications.cache_clear()
    kinds = ("outreach.offer.customer", "order.expired.customer", "order.confirmed.customer")
    assert [cap(found, kind) // 10**6 for kind in kinds] == [20, 0, 30]
