from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit.ids import new_id
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told, working_for
from tests.chalicelib.claims.world import Claims

OF_ORDER, MINE, TO_DECIDE = "/v1/orders/{order_id}/claims", "/v1/me/claims", "/v1/admin/claims"


class Desk:
    """What each side sends about one delivered order."""

    def __init__(self, claims):
        self.world, self.clock = claims, claims.clock
        self.order = claims.delivered()

    def ask(self, actor=CUSTOMER, order=None, key=None, **said):
        order = order or self.order
        body = {"line_id": order.lines[0].id, "amount": 6_000, "reason_code": "quality", "text": "剪得\n不齐 ✂"}
        return call("POST", OF_ORDER, actor=actor, body=body | said, key=key, order_id=order.id)

    def move(self, claim, verb, actor, body=None, key=None):
        return call("POST", f"/v1/claims/{{claim_id}}/{verb}", actor=actor, body=body, key=key, claim_id=claim["id"])

    def seen(self, actor):
        return call("GET", OF_ORDER, actor=actor, order_id=self.order.id)


@pytest.fixture
def desk(tables, monkeypatch):
    made = Claims()
    monkeypatch.setattr(wiring, "orders", lambda: made.orders.ports)
    return Desk(made)


def refusal(answer):
    return answer.status, answer.json["code"]


def audience(kind):
    return [(one.payload["amount"], one.payload["given"]) for one in told(kind)]


def test_a_customer_asks_and_the_merchant_gives_a_part(desk):
    asked = desk.ask(key="key-of-mine")
    claim = asked.json
    assert (asked.status, claim["state"], claim["given"], claim["text"]) == (201, "asked", None, "剪得\n不齐 ✂")
    assert (claim["amount"], claim["reason_code"]) == ({"amount": 6_000, "currency": "CNY"}, "quality")
    assert claim["escalates_from"] == "2030-05-04T10:00:00Z"
    assert desk.ask(key="key-of-mine").text == asked.text
    assert refusal(desk.ask()) == (409, "claim-open")
    agreed = desk.move(claim, "agree", MERCHANT, {"amount": 4_000}, key="key-of-theirs")
    assert (agreed.json["state"], agreed.json["given"]["amount"]) == ("agreed", 4_000)
    assert desk.move(claim, "agree", MERCHANT, {"amount": 4_000}, key="key-of-theirs").text == agreed.text
    assert refusal(desk.move(claim, "agree", MERCHANT, {})) == (409, "claim-state")
    assert desk.world.given_back(desk.order) == 4_000
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"claim:{claim['id']}"}).json["items"]
    assert [(one["action"], one["details"]["given"]) for one in noted] == [("claims.agree", 4_000)]
    assert (audience("claim.asked"), audience("claim.agreed")) == ([(6_000, 0)], [(6_000, 4_000)])
    [refund] = told("order.refund_due")
    assert (refund.payload["amount"], refund.payload["of_merchant"]) == (4_000, 4_000)
    assert desk.ask(amount=6_001).json["code"] == "nothing-left"
    assert desk.ask(amount=6_000).json["id"].endswith("_2")


def test_what_is_declined_is_decided_by_the_platform(desk):
    claim = desk.ask().json
    assert refusal(desk.move(claim, "escalate", CUSTOMER, {})) == (409, "claim-state")
    declined = desk.move(claim, "decline", MERCHANT, {"reason": "已按约定完成"}).json
    assert (declined["answer"], declined["open_until"]) == ("已按约定完成", "2030-05-09T10:00:00Z")
    assert refusal(desk.move(claim, "decide", ADMIN, {"outcome": "refused", "reason": "x"})) == (409, "claim-state")
    assert desk.move(claim, "escalate", CUSTOMER, {"text": "不接受"}).json["appeal"] == "不接受"
    assert [one["id"] for one in call("GET", TO_DECIDE, actor=ADMIN).json["items"]] == [claim["id"]]
    assert refusal(desk.move(claim, "agree", MERCHANT, {"amount": 1})) == (422, "invalid-request")
    wrong = {"outcome": "refused", "amount": 1, "reason": "已核实"}
    assert refusal(desk.move(claim, "decide", ADMIN, wrong)) == (422, "invalid-request")
    decided = desk.move(claim, "decide", ADMIN, {"outcome": "agreed", "amount": 2_500, "reason": "已核实"})
    assert (decided.status, decided.json["state"], decided.json["verdict"]) == (200, "agreed", "已核实")
    assert call("GET", TO_DECIDE, actor=ADMIN).json == {"items": [], "next_cursor": None}
    assert desk.world.given_back(desk.order) == 2_500
    assert [len(told(f"claim.{kind}")) for kind in ("declined", "escalated", "decided")] == [1, 1, 1]
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"claim:{claim['id']}"}).json["items"]
    assert [(one["action"], one["reason"], one["source_ip"]) for one in noted] == [
        ("claims.decide", "已核实", "127.0.0.1")
    ]
    assert noted[0]["details"] == {"outcome": "agreed", "given": 2_500, "currency": "CNY"}


def test_what_is_not_answered_is_escalated_and_refused(desk):
    claim = desk.ask().json
    desk.clock.move(hours=48)
    assert desk.move(claim, "escalate", CUSTOMER, {}).json["state"] == "escalated"
    refused = desk.move(claim, "decide", ADMIN, {"outcome": "refused", "reason": "无依据"}).json
    assert (refused["state"], refused["given"]["amount"]) == ("refused", 0)
    assert (desk.world.given_back(desk.order), told("order.refund_due")) == (0, [])
    assert desk.ask().status == 201
    assert desk.move(desk.seen(CUSTOMER).json["items"][1], "withdraw", CUSTOMER).json["state"] == "withdrawn"


def test_each_does_what_is_theirs_to_do(desk):
    assert {refusal(desk.ask(actor)) for actor in (OTHER, MERCHANT, ADMIN)} == {(404, "not-found")}
    assert refusal(desk.ask(line_id=new_id("lin"))) == (404, "not-found")
    claim = desk.ask().json
    seen = {actor.account_id: desk.seen(actor).status for actor in (CUSTOMER, MERCHANT, ADMIN, OTHER)}
    assert seen == {"acc_customer": 200, "acc_merchant": 200, "acc_admin": 200, "acc_other": 404}
    bodies = {"agree": {}, "decline": {"reason": "x"}, "escalate": {}, "withdraw": None}
    for verb, body in bodies.items():
        assert desk.move(claim, verb, OTHER, body).status == 404
        assert desk.move({"id": "clm_1"}, verb, MERCHANT, body).status == 404
        # What is an answer to give, a permission says; whose claim it is, the claim does.
        other_side, status = (CUSTOMER, 403) if verb in {"agree", "decline"} else (MERCHANT, 404)
        assert {desk.move(claim, verb, one, body).status for one in (other_side, ADMIN)} == {status}
    both = replace(MERCHANT, roles=MERCHANT.roles | ADMIN.roles)
    assert desk.move(claim, "decide", both, {"outcome": "refused", "reason": "x"}).status == 403
    assert desk.move(claim, "decide", MERCHANT, {"outcome": "refused", "reason": "x"}).status == 403
    assert call("GET", TO_DECIDE, actor=MERCHANT).status == 403
    assert call("GET", MINE, actor=CUSTOMER).status == 403


def test_nobody_agrees_to_what_they_ask_for_or_decides_for_whom_they_work(desk):
    claim = desk.ask().json
    assert desk.move(claim, "agree", working_for(MERCHANT, CUSTOMER), {}).status == 403
    desk.clock.move(hours=48)
    desk.move(claim, "escalate", CUSTOMER, {})
    verdict = {"outcome": "agreed", "reason": "x"}
    for side in (MERCHANT, CUSTOMER):
        assert desk.move(claim, "decide", working_for(side, ADMIN), verdict).status == 403
    assert desk.world.given_back(desk.order) == 0
    assert desk.move(claim, "agree", working_for(MERCHANT, OTHER), {}).status == 200


def test_what_was_never_paid_or_is_on_its_way_back_is_not_asked_for(desk):
    later = desk.clock.now().replace(hour=20)
    held = desk.world.orders.hold(later)
    assert refusal(desk.ask(order=held)) == (409, "order-state")
    desk.world.orders.kind.deposit_bps = 0
    at_shop = desk.world.orders.hold(later.replace(hour=22))
    assert (at_shop.state, at_shop.payment_id) == ("confirmed", None)
    assert refusal(desk.ask(order=at_shop, amount=1)) == (409, "order-state")
    desk.world.orders.kind.deposit_bps = 10_000
    gone = desk.world.orders.bought(later.replace(hour=23))
    desk.world.orders.cancel(gone, MERCHANT)
    assert refusal(desk.ask(order=gone)) == (409, "order-state")
    assert refusal(desk.ask(amount=10_001)) == (409, "nothing-left")
    desk.clock.move(days=30)
    assert refusal(desk.ask()) == (409, "too-late-to-claim")


def test_nonsense_names_its_field(desk):
    for field, wrong in {"amount": 0, "text": "x" * 2001, "reason_code": "mood", "line_id": "lin_1"}.items():
        answer = desk.ask(**{field: wrong})
        assert refusal(answer) == (422, "invalid-request")
        assert [one["field"] for one in answer.json["errors"]] == [field]
    for text in ("", "太晚\u202e了", "\u2066了", "\x00", "\x1b[31m"):
        assert refusal(desk.ask(text=text)) == (422, "invalid-request")


def test_a_merchant_sees_what_is_open_first_in_pages_of_their_own(desk):
    first = desk.ask().json
    desk.move(first, "withdraw", CUSTOMER)
    desk.clock.move(seconds=1)
    second = desk.ask().json
    page = call("GET", MINE, actor=MERCHANT, query={"limit": 1}).json
    rest = call("GET", MINE, actor=MERCHANT, query={"limit": 1, "cursor": page["next_cursor"]}).json
    assert [one["id"] for one in (*page["items"], *rest["items"])] == [second["id"], first["id"]]
    assert call("GET", MINE, actor=OTHER).json["items"] == []
    assert call("GET", MINE, actor=OTHER, query={"cursor": page["next_cursor"]}).status == 422
