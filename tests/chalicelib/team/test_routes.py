import pytest

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import SessionOver
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told
from tests.world import hold, open_shop, wish

PHONE = "+8613800138000"
WISH = {"phone": PHONE, "role": "staff", "name": "阿玲"}


@pytest.fixture
def staff(ports):
    """Somebody who works for MERCHANT."""
    made = call("POST", "/v1/team/invitations", actor=MERCHANT, body=WISH).json
    account_id = accounts.account_of_phone(ports.accounts, PHONE)
    actor = Actor(account_id, frozenset({Role.CUSTOMER}), "ses_staff", memberships={"acc_merchant": Role.STAFF})
    accepted = call("POST", "/v1/me/invitations/{invitation_id}/accept", actor=actor, invitation_id=made["id"])
    assert accepted.json["account_id"] == account_id
    return actor


def test_a_merchant_runs_a_team(ports, staff):
    team = call("GET", "/v1/team", actor=MERCHANT).json
    assert [(one["account_id"], one["role"], one["name"]) for one in team["members"]] == [
        (staff.account_id, "staff", "阿玲")
    ]
    member = "/v1/team/members/{account_id}"
    changed = call("PUT", member, actor=MERCHANT, body={"role": "manager"}, account_id=staff.account_id)
    assert changed.json["role"] == "manager"
    for role in ("admin", "merchant", "customer"):
        refused = call("PUT", member, actor=MERCHANT, body={"role": role}, account_id=staff.account_id)
        assert refused.status == 422
    assert call("DELETE", member, actor=MERCHANT, account_id=staff.account_id).status == 204
    assert call("DELETE", member, actor=MERCHANT, account_id=staff.account_id).status == 404


def test_only_the_merchant_manages_the_team(ports, staff):
    for actor in (CUSTOMER, staff):
        assert call("GET", "/v1/team", actor=actor).status == 403
        assert call("POST", "/v1/team/invitations", actor=actor, body=WISH).status == 403
    assert call("GET", "/v1/team", actor=staff, headers={"X-Merchant-Id": "acc_merchant"}).status == 403
    assert call("GET", "/v1/team", actor=ADMIN, headers={"X-Merchant-Id": "acc_merchant"}).json["members"]


def test_an_invitation_is_taken_back_or_turned_down(ports):
    made = call("POST", "/v1/team/invitations", actor=MERCHANT, body=WISH)
    assert made.status == 201
    one = {"invitation_id": made.json["id"]}
    assert call("DELETE", "/v1/me/invitations/{invitation_id}", actor=CUSTOMER, **one).status == 404
    actor = Actor(accounts.account_of_phone(ports.accounts, PHONE), frozenset({Role.CUSTOMER}), "ses_p")
    assert call("GET", "/v1/me/invitations", actor=actor).json["items"][0]["id"] == made.json["id"]
    assert call("DELETE", "/v1/me/invitations/{invitation_id}", actor=actor, **one).status == 204
    assert call("DELETE", "/v1/team/invitations/{invitation_id}", actor=MERCHANT, **one).status == 404
    again = call("POST", "/v1/team/invitations", actor=MERCHANT, body=WISH).json
    assert (
        call("DELETE", "/v1/team/invitations/{invitation_id}", actor=MERCHANT, invitation_id=again["id"]).status == 204
    )


def test_staff_works_in_the_shop_and_reads_no_money(ports, staff):
    shop = open_shop()
    at = {"shop_id": shop["id"]}
    assert call("GET", "/v1/shops/{shop_id}/orders", actor=staff, **at).status == 200
    assert call("PATCH", "/v1/shops/{shop_id}", actor=staff, body={"name": "Mine"}, **at).status == 403
    assert call("GET", "/v1/me/balance", actor=staff, headers={"X-Merchant-Id": "acc_merchant"}).status == 403
    assert call("GET", "/v1/me/balance", actor=MERCHANT).status == 200
    manager = Actor(staff.account_id, staff.roles, "ses_staff", memberships={"acc_merchant": Role.MANAGER})
    assert (
        call(
            "PATCH", "/v1/shops/{shop_id}", actor=manager, body={"version": shop["version"] + 2, "name": "我们家"}, **at
        ).status
        == 200
    )
    work = {"X-Merchant-Id": "acc_merchant"}
    listed = call("GET", "/v1/me/shops", actor=manager, headers=work).json["items"]
    assert [one["name"] for one in listed] == ["我们家"]
    assert call("GET", "/v1/me/shops", actor=manager).json["items"] == []
    assert call("GET", "/v1/me/shops", actor=manager, headers={"X-Merchant-Id": "acc_other"}).status == 403
    for wrong in ("", "x", "acc_' or 1=1", "ü"):
        assert call("GET", "/v1/me/shops", actor=manager, headers={"X-Merchant-Id": wrong}).status == 403


def test_staff_sell_in_the_merchants_name_and_buy_nothing_in_it(ports, staff):
    shop, elsewhere = open_shop(), open_shop(actor=OTHER)
    work = {"X-Merchant-Id": "acc_merchant"}
    sold = call("POST", "/v1/orders", actor=staff, headers=work, body={"lines": [{**wish(shop), "walk_in": True}]})
    assert sold.status == 201
    assert call("POST", "/v1/orders", actor=staff, headers=work, body={"lines": [wish(elsewhere)]}).status == 403
    assert [one["id"] for one in call("GET", "/v1/orders", actor=MERCHANT).json["items"]] == [sold.json["id"]]


def test_what_the_owner_buys_elsewhere_is_none_of_the_teams_business(ports, staff):
    elsewhere = open_shop(actor=OTHER)
    order = hold(elsewhere, actor=MERCHANT)
    booking = order["lines"][0]["ref"]
    work = {"X-Merchant-Id": "acc_merchant"}
    for method, route, path in (
        ("GET", "/v1/orders/{order_id}", {"order_id": order["id"]}),
        ("POST", "/v1/orders/{order_id}/cancel", {"order_id": order["id"]}),
        ("GET", "/v1/bookings/{booking_id}", {"booking_id": booking}),
    ):
        for headers in ({}, work):
            assert call(method, route, actor=staff, headers=headers, body={}, **path).status == 404


def test_nobody_works_for_who_is_no_merchant_any_more(ports, staff):
    asked = call("POST", "/v1/team/invitations", actor=MERCHANT, body=WISH | {"phone": "+8613900139000"}).json["id"]
    roles = "/v1/admin/accounts/{account_id}/roles"
    wish = {"roles": ["customer"], "reason": "Sold what is forbidden."}
    for _ in range(2):
        assert call("PUT", roles, actor=ADMIN, body=wish, account_id="acc_merchant").status == 200
    assert not accounts.account(ports.accounts, staff.account_id).memberships
    with pytest.raises(SessionOver):
        wiring.sessions().must_stand(staff)
    person = Actor(accounts.account_of_phone(ports.accounts, "+8613900139000"), frozenset({Role.CUSTOMER}), "ses_p")
    accept = call("POST", "/v1/me/invitations/{invitation_id}/accept", actor=person, invitation_id=asked)
    assert accept.status == 404
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": "account:acc_merchant"}).json["items"]
    assert "team.disband" in [one["action"] for one in noted]
    assert told("team.left") == []


def test_who_was_let_go_does_nothing_more_with_the_token_that_is_left(ports, staff):
    at = {"shop_id": open_shop()["id"]}
    assert call("GET", "/v1/shops/{shop_id}/orders", actor=staff, **at).status == 200
    call("DELETE", "/v1/team/members/{account_id}", actor=MERCHANT, account_id=staff.account_id)
    assert call("GET", "/v1/shops/{shop_id}/orders", actor=staff, **at).status == 401


def test_leaving_needs_a_job(ports, staff):
    leave = "/v1/me/jobs/{merchant_id}"
    assert call("DELETE", leave, actor=CUSTOMER, merchant_id="acc_merchant").status == 404
    assert call("DELETE", leave, actor=staff, merchant_id="acc_merchant").status == 204
