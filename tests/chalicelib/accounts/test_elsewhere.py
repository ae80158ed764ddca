"""Signing in by WeChat and by an OpenID provider, over the API, against the sandbox on loopback."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib import wiring
from chalicelib.accounts.ports import Kind, Visitor
from chalicelib.accounts.rules import Return
from chalicelib.accounts.use_cases import begin_oidc, link, sign_in_oidc, sign_in_wechat, unlink_all
from chalicelib.kit.auth import Actor
from chalicelib.kit.dynamo import meter
from infra.sandbox.logins import LoginSandbox
from infra.sandbox.logins.wechat import Failure, Wish
from tests.api import call
from tests.chalicelib.accounts.providers import APP, BACK, MINI, OTHER_MINI, WEB, scan, wire

WECHAT, OIDC = "/v1/auth/wechat", "/v1/auth/oidc/{provider}"


@pytest.fixture
def sandbox(ports, clock, monkeypatch):
    with LoginSandbox(clock=lambda: clock.now().timestamp()) as running:
        wire(monkeypatch, running)
        yield running


def code(sandbox, user="ming", app=MINI, bound=True):
    return sandbox.wechat.code(Wish(appid=app, user=user, bound=bound))


def by_wechat(sandbox, user="ming", app=MINI, bound=True):
    answer = call("POST", WECHAT, body={"app": app, "code": code(sandbox, user, app, bound)})
    assert answer.status == 200, answer.text
    return answer.json["account"]["id"]


def begin(**path):
    answer = call("POST", OIDC, body={"redirect_uri": BACK}, provider="sandbox")
    assert answer.status == 201, answer.text
    return answer.json


def brought(begun, user="ming"):
    back = scan(begun["authorization_url"], user)
    return {"code": back["code"], "state": back["state"], "iss": back["iss"], "binding": begun["binding"]}


def callback(body, provider="sandbox"):
    return call("POST", f"{OIDC}/callback", body=body, provider=provider)


def test_one_step_makes_an_account_and_leads_back_to_it(sandbox):
    answer = call("POST", WECHAT, body={"app": MINI, "code": code(sandbox)})
    assert answer.status == 200
    account = answer.json["account"]
    assert (account["phone"], account["email"], account["roles"]) == (None, None, ["customer"])
    actor = wiring.tokens().read(answer.json["access_token"], wiring.clock().now())
    assert actor.methods == ("wechat",)
    assert by_wechat(sandbox) == account["id"]
    assert by_wechat(sandbox, app=APP) == account["id"], "the unionid is the same in every app"
    assert by_wechat(sandbox, user="hong") != account["id"]


def test_a_unionid_that_appears_later_leads_to_the_same_account(sandbox):
    first = by_wechat(sandbox, bound=False)
    assert by_wechat(sandbox, app=OTHER_MINI, bound=False) != first, "nobody can know yet"
    assert by_wechat(sandbox, bound=True) == first
    assert by_wechat(sandbox, app=APP) == first, "by the unionid alone"
    assert by_wechat(sandbox, bound=False) == first, "and by the pair alone"
    held = {one.subject for one in wiring.accounts().store.account(first).identities}
    assert len(held) == 3
    assert sum("/" in one for one in held) == 2


def test_two_first_sign_ins_at_once_make_one_account(sandbox):
    codes = [code(sandbox) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: call("POST", WECHAT, body={"app": MINI, "code": one}), codes))
    assert [one.status for one in answers] == [200] * 4
    assert len({one.json["account"]["id"] for one in answers}) == 1


def test_a_unionid_that_appears_in_two_sign_ins_at_once_is_linked_once(sandbox):
    first = by_wechat(sandbox, bound=False)
    codes = [code(sandbox) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: call("POST", WECHAT, body={"app": MINI, "code": one}), codes))
    assert {one.json["account"]["id"] for one in answers} == {first}
    assert len(wiring.accounts().store.account(first).identities) == 2


def test_a_code_is_good_once_and_for_five_minutes(sandbox, clock):
    used = code(sandbox)
    assert call("POST", WECHAT, body={"app": MINI, "code": used}).status == 200
    old = code(sandbox)
    clock.move(minutes=5)
    for one in (used, old, "never-given", code(sandbox, app=OTHER_MINI)):
        refused = call("POST", WECHAT, body={"app": MINI, "code": one})
        assert (refused.status, refused.json["code"]) == (422, "provider-code-not-accepted")


@pytest.mark.parametrize(
    ("errcode", "status", "problem", "wait"),
    [
        (-1, 503, "sign-in-provider-unavailable", "2"),
        (45011, 503, "sign-in-provider-unavailable", "60"),
        (40125, 503, "sign-in-provider-unavailable", "5"),
        (40226, 403, "turned-away-by-provider", None),
        (40029, 422, "provider-code-not-accepted", None),
        (40163, 422, "provider-code-not-accepted", None),
    ],
)
def test_what_wechat_says_is_told_apart(sandbox, errcode, status, problem, wait):
    sandbox.wechat.fail(Failure(errcode=errcode))
    refused = call("POST", WECHAT, body={"app": MINI, "code": code(sandbox)})
    assert (refused.status, refused.json["code"], refused.headers.get("Retry-After")) == (status, problem, wait)


def test_an_app_that_is_not_ours_is_not_asked_for(sandbox):
    assert call("POST", WECHAT, body={"app": "wxother", "code": "0"}).status == 404
    assert call("POST", f"{WECHAT}/page", body={"app": MINI, "redirect_uri": BACK}).status == 404


def test_a_page_needs_what_it_began_with(sandbox):
    begun = call("POST", f"{WECHAT}/page", body={"app": WEB, "redirect_uri": BACK})
    assert begun.status == 201
    back = scan(begun.json["authorization_url"])
    body = {"app": WEB, **back, "binding": begun.json["binding"]}
    without = call("POST", WECHAT, body={"app": WEB, "code": back["code"]})
    foreign = call("POST", WECHAT, body=body | {"binding": "another browser's"})
    assert {(one.status, one.json["code"]) for one in (without, foreign)} == {(422, "sign-in-not-begun")}
    assert call("POST", WECHAT, body=body).status == 200
    again = call("POST", WECHAT, body=body)
    assert (again.status, again.json["code"]) == (422, "sign-in-not-begun")
    elsewhere = call("POST", f"{WECHAT}/page", body={"app": WEB, "redirect_uri": f"{BACK}/"})
    assert (elsewhere.status, elsewhere.json["code"]) == (422, "redirect-not-registered")


def test_an_openid_provider_signs_in_and_vouches_for_an_address(sandbox):
    first = callback(brought(begin()))
    assert first.status == 200, first.text
    account = first.json["account"]
    assert account["email"] == "ming@example.com"
    assert callback(brought(begin())).json["account"]["id"] == account["id"]
    assert callback(brought(begin(), "hong")).json["account"]["id"] != account["id"]


def test_nobody_gets_into_an_account_by_its_address(sandbox):
    account = by_wechat(sandbox)
    ports = wiring.accounts()
    owner = Actor(account, frozenset(), ports.store.sessions(account)[0].id)
    link(ports, owner, Kind.EMAIL, "ming@example.com", None)
    refused = callback(brought(begin()))
    assert (refused.status, refused.json["code"]) == (409, "email-known")


def test_what_came_back_is_good_once_and_for_who_began(sandbox, clock):
    begun = begin()
    body = brought(begun)
    other = begin()
    for wrong in (
        body | {"binding": other["binding"]},
        body | {"state": other["state"]},
        body | {"state": "made-up"},
    ):
        refused = callback(wrong)
        assert (refused.status, refused.json["code"]) == (422, "sign-in-not-begun")
    assert callback(body).status == 200
    assert callback(body).json["code"] == "sign-in-not-begun"
    late = brought(begin())
    clock.move(minutes=10)
    assert callback(late).json["code"] == "sign-in-not-begun"


def test_a_flow_taken_twice_at_once_signs_in_once(sandbox):
    body = brought(begin())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: callback(body).status, range(4)))
    assert sorted(answers) == [200, 422, 422, 422]


def test_another_providers_answer_is_not_believed(sandbox):
    for issuer in ("https://evil.example.com", None):
        body = brought(begin()) | {"iss": issuer}
        refused = callback({name: value for name, value in body.items() if value})
        assert (refused.status, refused.json["code"]) == (422, "provider-answer-not-believed")


def test_a_code_of_another_flow_is_worth_nothing(sandbox):
    """What somebody caught on its way lacks the verifier (RFC 7636)."""
    caught, mine = brought(begin()), brought(begin())
    refused = callback(mine | {"code": caught["code"]})
    assert (refused.status, refused.json["code"]) == (422, "provider-code-not-accepted")


def test_who_is_no_provider_of_ours_is_not_found(sandbox):
    assert call("POST", OIDC, body={"redirect_uri": BACK}, provider="nobody").status == 404
    body = brought(begin())
    assert callback(body, "nobody").json["code"] == "sign-in-not-begun", "the flow is another provider's"
    refused = call("POST", OIDC, body={"redirect_uri": "https://evil.example.com/"}, provider="sandbox")
    assert (refused.status, refused.json["code"]) == (422, "redirect-not-registered")


def test_a_provider_that_is_down_can_be_asked_again(sandbox):
    body = brought(begin())
    sandbox.close()
    refused = callback(body)
    assert (refused.status, refused.json["code"]) == (503, "sign-in-provider-unavailable")
    assert refused.headers["Retry-After"]


def test_what_others_say_costs_what_the_store_says(sandbox):
    ports, visitor = wiring.elsewhere(), Visitor("en", device="device-1")

    def cost(work):
        with meter.measure() as usage:
            work()
        return usage.requests, usage.read_units, usage.write_units

    def wechat(**more):
        back = Return(code(sandbox, **more), "", "")
        return cost(lambda: sign_in_wechat(ports, MINI, back, visitor))

    figures = {"first": wechat(bound=False), "again": wechat(bound=False), "union": wechat(), "both": wechat()}
    begun = []
    figures["begin"] = cost(lambda: begun.append(begin_oidc(ports, "sandbox", BACK)))
    back = scan(begun[0].url)
    told = Return(back["code"], back["state"], begun[0].binding, back["iss"])
    figures["back"] = cost(lambda: sign_in_oidc(ports, "sandbox", told, visitor))
    hong = by_wechat(sandbox, "hong")
    owner = Actor(hong, frozenset(), ports.accounts.store.sessions(hong)[0].id)
    figures["link"] = cost(lambda: link(ports.accounts, owner, Kind.EMAIL, "hong@example.com", None))
    figures["unlink"] = cost(lambda: unlink_all(ports.accounts, owner, lambda one: one.kind is Kind.EMAIL, None))
    assert figures == {
        "first": (4, 4, 11),
        "again": (4, 5, 6),
        "union": (5, 6, 14),
        "both": (5, 6, 6),
        "begin": (1, 0, 2),
        "link": (2, 2, 13),
        "unlink": (2, 2, 13),
        "back": (6, 5, 14),  # with an address, which is an identity of its own
    }
