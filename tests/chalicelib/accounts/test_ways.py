"""The ways to sign in to one's own account, over the API: seen, added, taken away; by whom, when, and at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.accounts import use_cases
from chalicelib.accounts.ports import Kind
from chalicelib.audit import use_cases as audit
from infra.sandbox.logins import LoginSandbox
from infra.sandbox.logins.wechat import Wish
from tests.api import CUSTOMER, OTHER, call, told
from tests.chalicelib.accounts.providers import BACK, MINI, OTHER_MINI, WEB, scan, wire
from tests.chalicelib.accounts.test_routes import bearer, sign_in

PATH, PHONE, OLD_PHONE = "/v1/me/identities", "+8613800138000", "+acc_customer"


@pytest.fixture
def sandbox(ports, clock, monkeypatch):
    with LoginSandbox(clock=lambda: clock.now().timestamp()) as running:
        wire(monkeypatch, running)
        yield running


def items(answer):
    assert answer.status == 200, answer.text
    return [(one["kind"], one["shown"]) for one in answer.json["items"]]


def by_phone(sender, actor=CUSTOMER, phone=PHONE):
    assert call("POST", f"{PATH}/codes", actor=actor, body={"phone": phone}).status == 202
    # Whoever reads it out to a stranger is told what that would be for.
    assert "lets somebody sign in to an account by this phone" in sender.words
    return call("POST", PATH, actor=actor, body={"phone": phone, "code": sender.last(phone)})


def formerly(ports):
    return tuple(one.subject for one in use_cases.contact(ports, CUSTOMER.account_id).former)


def by_wechat(sandbox, actor=CUSTOMER, user="ming", app=MINI, bound=True):
    code = sandbox.wechat.code(Wish(appid=app, user=user, bound=bound))
    return call("POST", f"{PATH}/wechat", actor=actor, body={"app": app, "code": code})


def begin_oidc(actor=CUSTOMER):
    answer = call("POST", f"{PATH}/oidc/{{provider}}", actor=actor, body={"redirect_uri": BACK}, provider="sandbox")
    assert answer.status == 201, answer.text
    back = scan(answer.json["authorization_url"])
    return {"code": back["code"], "state": back["state"], "iss": back["iss"], "binding": answer.json["binding"]}


def end_oidc(body, actor=CUSTOMER):
    return call("POST", f"{PATH}/oidc/{{provider}}/callback", actor=actor, body=body, provider="sandbox")


def unlink(way_id, actor=CUSTOMER):
    return call("DELETE", f"{PATH}/{{identity_id}}", actor=actor, identity_id=way_id)


def test_every_kind_can_be_linked_and_is_shown_masked(sandbox, sender, clock):
    assert items(by_phone(sender)) == [("phone", "+86138****8000")], "one phone: the new one in the old one's place"
    clock.move(minutes=1)
    assert items(by_wechat(sandbox))[1:] == [("wechat", "WeChat")]
    clock.move(minutes=1)
    assert items(end_oidc(begin_oidc()))[2:] == [("oidc", f"127.0.0.1:{sandbox.port}")]
    clock.move(minutes=1)
    use_cases.link(wiring.accounts(), CUSTOMER, Kind.EMAIL, "ming@example.com", None)
    assert items(call("GET", PATH, actor=CUSTOMER))[3:] == [("email", "m***@example.com")]
    assert PHONE not in call("GET", PATH, actor=CUSTOMER).text
    kinds = [message.payload["kind"] for message in told("identity.linked")]
    assert kinds == ["phone", "wechat", "oidc", "email"]
    entries = audit.read(wiring.audit(), f"account:{CUSTOMER.account_id}", None, None, 10).items
    assert {noted.entry.action for noted in entries} == {"accounts.link"}


def test_linking_leads_to_the_account_from_then_on(sandbox, sender):
    by_wechat(sandbox, bound=False)
    code = sandbox.wechat.code(Wish(appid=MINI, user="ming"))
    answer = call("POST", "/v1/auth/wechat", body={"app": MINI, "code": code})
    assert answer.json["account"]["id"] == CUSTOMER.account_id
    assert len(items(call("GET", PATH, actor=CUSTOMER))) == 2, "WeChat is one way, by whatever names"


def test_what_leads_to_another_account_is_taken(sandbox, sender):
    assert (
        by_phone(sender, OTHER).status == by_wechat(sandbox, OTHER).status == end_oidc(begin_oidc(OTHER), OTHER).status
    )
    for refused in (by_phone(sender), by_wechat(sandbox), end_oidc(begin_oidc())):
        assert (refused.status, refused.json["code"]) == (409, "identity-taken")
    assert len(items(call("GET", PATH, actor=CUSTOMER))) == 1


def test_phones_that_were_replaced_are_still_told_for_a_week_however_often(ports, sender, clock):
    """Who takes an account over and changes its phone twice at once does not keep the first one from being told."""
    by_phone(sender)
    assert formerly(ports) == (OLD_PHONE,)
    second = "+8613900139000"
    by_phone(sender, phone=second)
    told_of = use_cases.contact(ports, CUSTOMER.account_id)
    assert (told_of.phone, formerly(ports)) == (second, (OLD_PHONE, PHONE))
    use_cases.link(ports, CUSTOMER, Kind.EMAIL, "ming@example.com", None)
    for number in range(4):
        use_cases.link(ports, CUSTOMER, Kind.PHONE, f"+861390013910{number}", None)
    assert formerly(ports) == (OLD_PHONE, PHONE, second)
    clock.move(days=7)
    assert formerly(ports) == ()


def test_a_phone_that_came_back_is_not_told_twice(ports, sender):
    by_phone(sender)
    use_cases.link(ports, CUSTOMER, Kind.PHONE, OLD_PHONE, None)
    assert formerly(ports) == (PHONE,)


def test_of_two_accounts_at_once_one_gets_it(sandbox):
    codes = [sandbox.wechat.code(Wish(appid=app, user="ming")) for app in (MINI, OTHER_MINI)]
    call("GET", PATH, actor=CUSTOMER), call("GET", PATH, actor=OTHER)

    def link(pair):
        actor, app, code = pair
        return call("POST", f"{PATH}/wechat", actor=actor, body={"app": app, "code": code}).status

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(link, [(CUSTOMER, MINI, codes[0]), (OTHER, OTHER_MINI, codes[1])]))
    assert sorted(answers) == [200, 409]


def test_a_flow_belongs_to_who_began_it(sandbox):
    mine = begin_oidc()
    theirs = end_oidc(mine, OTHER)
    signing_in = call("POST", "/v1/auth/oidc/{provider}/callback", body=mine, provider="sandbox")
    assert {(one.status, one.json["code"]) for one in (theirs, signing_in)} == {(422, "sign-in-not-begun")}
    begun = call("POST", "/v1/auth/oidc/{provider}", body={"redirect_uri": BACK}, provider="sandbox").json
    back = scan(begun["authorization_url"])
    assert end_oidc({**back, "binding": begun["binding"]}).json["code"] == "sign-in-not-begun"
    assert end_oidc(mine).status == 200
    assert end_oidc(mine).json["code"] == "sign-in-not-begun"


def test_a_page_of_wechats_links_for_who_began_it(sandbox):
    begun = call("POST", f"{PATH}/wechat/page", actor=CUSTOMER, body={"app": WEB, "redirect_uri": BACK}).json
    body = {"app": WEB, **scan(begun["authorization_url"]), "binding": begun["binding"]}
    assert call("POST", f"{PATH}/wechat", actor=OTHER, body=body).json["code"] == "sign-in-not-begun"
    assert call("POST", f"{PATH}/wechat", actor=CUSTOMER, body=body).status == 200


def test_a_code_for_a_link_is_good_for_its_account_alone(sender, ports):
    assert call("POST", f"{PATH}/codes", actor=CUSTOMER, body={"phone": PHONE}).status == 202
    body = {"phone": PHONE, "code": sender.last(PHONE)}
    for refused in (
        call("POST", PATH, actor=OTHER, body=body),
        call("POST", "/v1/auth/tokens", body=body),
    ):
        assert (refused.status, refused.json["code"]) == (422, "code-not-accepted")
    assert call("POST", PATH, actor=CUSTOMER, body=body).status == 200


def test_a_way_that_is_gone_leads_nowhere_and_the_last_one_stays(sandbox, sender, clock):
    clock.move(minutes=1)
    by_wechat(sandbox, bound=False)
    by_wechat(sandbox)
    phone, wechat = (one["id"] for one in call("GET", PATH, actor=CUSTOMER).json["items"])
    assert unlink(wechat, OTHER).status == 404
    assert unlink(wechat).status == 204
    assert unlink(wechat).status == 404
    refused = unlink(phone)
    assert (refused.status, refused.json["code"]) == (409, "last-identity")
    code = sandbox.wechat.code(Wish(appid=MINI, user="ming"))
    answer = call("POST", "/v1/auth/wechat", body={"app": MINI, "code": code})
    assert answer.json["account"]["id"] != CUSTOMER.account_id
    assert [message.payload["kind"] for message in told("identity.unlinked")] == ["wechat"]


@pytest.mark.store
def test_a_way_added_or_taken_away_ends_all_sessions_but_the_one_it_is_done_in(sandbox, sender):
    mine = sign_in(sender).json
    code = sandbox.wechat.code(Wish(appid=MINI, user="ming"))
    link = {"method": "POST", "route": f"{PATH}/wechat", "body": {"app": MINI, "code": code}}
    unlinked = {"method": "DELETE", "route": f"{PATH}/{{identity_id}}"}
    for change, status in ((link, 200), (unlinked, 204)):
        other = sign_in(sender).json
        if change is unlinked:
            ways = call("GET", PATH, headers=bearer(mine)).json["items"]
            change["identity_id"] = next(one["id"] for one in ways if one["kind"] == "wechat")
        assert call(change.pop("method"), change.pop("route"), headers=bearer(mine), **change).status == status
        assert call("GET", PATH, headers=bearer(other)).json["code"] == "session-over"
        assert refreshed(other).status == 401
        assert call("GET", PATH, headers=bearer(mine)).status == 200
    assert refreshed(mine).status == 200


def refreshed(pair):
    return call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": pair["refresh_token"]})


def test_two_ways_taken_away_at_once_leave_one(sandbox, sender):
    by_wechat(sandbox)
    held = [one["id"] for one in call("GET", PATH, actor=CUSTOMER).json["items"]]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: unlink(one).status, held))
    assert sorted(answers) == [204, 409]


def test_whoever_signed_in_long_ago_signs_in_again(sandbox, sender, clock):
    old = replace(CUSTOMER, signed_in_at=clock.now())
    clock.move(minutes=10, seconds=1)
    body = {"app": MINI, "code": "0"}
    for refused in (
        call("POST", f"{PATH}/codes", actor=old, body={"phone": PHONE}),
        call("POST", PATH, actor=old, body={"phone": PHONE, "code": "123456"}),
        call("POST", f"{PATH}/wechat", actor=old, body=body),
        call("POST", f"{PATH}/wechat/page", actor=old, body={"app": WEB, "redirect_uri": BACK}),
        call("POST", f"{PATH}/oidc/{{provider}}", actor=old, body={"redirect_uri": BACK}, provider="sandbox"),
        end_oidc({"code": "0", "state": "0", "binding": "0"}, old),
        unlink("idn_0", old),
    ):
        assert (refused.status, refused.json["code"]) == (403, "sign-in-again")
    assert call("GET", PATH, actor=old).status == 200
