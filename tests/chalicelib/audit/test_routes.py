from chalicelib import wiring
from tests.api import ADMIN, CUSTOMER, MERCHANT, call
from tests.chalicelib.audit.test_use_cases import NOW, entry, note

ROUTE = "/v1/admin/audit"


def refusal(answer):
    return answer.status, answer.json["code"]


def test_admins_read_what_was_done(tables):
    first, second = entry(), entry(object="alert:alr_1", source_ip=None)
    note(first)
    note(second)
    seen = call("GET", ROUTE, actor=ADMIN, query={"object": "account:acc_1"})
    assert seen.json == {
        "items": [
            {
                "id": first.id,
                "at": "2030-05-01T04:00:00Z",
                "actor_id": "acc_admin",
                "action": "risk.freeze",
                "object": "account:acc_1",
                "reason": "银行卡被盗用",
                "source_ip": "203.0.113.7",
                "details": {"times": 3, "by_rule": False, "order_id": "ord_1"},
            }
        ],
        "next_cursor": None,
    }
    page = call("GET", ROUTE, actor=ADMIN, query={"actor": "acc_admin", "limit": 1})
    rest = call("GET", ROUTE, actor=ADMIN, query={"actor": "acc_admin", "cursor": page.json["next_cursor"]})
    ids = [one["id"] for answer in (page, rest) for one in answer.json["items"]]
    assert ids == sorted((first.id, second.id), reverse=True)
    assert wiring.clock().now() < NOW  # the moment is the caller's, not the store's
    moved = call("GET", ROUTE, actor=ADMIN, query={"object": "account:acc_1", "cursor": page.json["next_cursor"]})
    assert refusal(moved) == (422, "invalid-request")


def test_one_of_object_and_actor_is_asked_for_by_admins_alone(tables):
    for query in ({}, {"object": "a", "actor": "b"}, {"object": ""}, {"object": "x" * 201}, {"actor": "a\nb"}):
        assert refusal(call("GET", ROUTE, actor=ADMIN, query=query)) == (422, "invalid-request")
    assert call("GET", ROUTE, actor=CUSTOMER, query={"actor": "a"}).status == 403
    assert call("GET", ROUTE, actor=MERCHANT, query={"actor": "a"}).status == 403
    assert call("GET", ROUTE, query={"actor": "a"}).status == 401
