"""What people agree to: over HTTP, on real DynamoDB semantics, and as rules."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.privacy import rules, use_cases
from chalicelib.privacy.gateways.texts import FOLDER
from chalicelib.privacy.rules import CannotBeWithdrawn, ConsentMissing, Document, DocumentOutdated, How, Purpose
from chalicelib.privacy.store.consents import ConsentRow
from tests.api import CUSTOMER, OTHER, call
from tests.emulators import DYNOXIDE

NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)
PRESENT = {Purpose(document): rules.current(document) for document in Document}
CHANGE = "/v1/me/consents/{purpose}"


def say(purpose, agreed=True, version=None, actor=CUSTOMER):
    body = {"agreed": agreed, **({"version": version} if version else {})}
    return call("PUT", CHANGE, actor=actor, body=body, purpose=purpose)


def mine(actor=CUSTOMER):
    return call("GET", "/v1/me/consents", actor=actor).json


def test_everybody_reads_every_version_in_both_languages():
    for document, versions in rules.VERSIONS.items():
        assert list(versions) == sorted(versions)
        for version in versions:
            for language in ("en", "zh-CN"):
                assert (FOLDER / f"{document}.{version}.{language}.md").read_text(encoding="utf-8").startswith("# ")
    assert len(list(FOLDER.glob("*.md"))) == 2 * sum(map(len, rules.VERSIONS.values()))
    answer = call("GET", "/v1/documents/{document}", document="privacy", headers={"Accept-Language": "zh-CN"})
    assert answer.json["text"].startswith("# 隐私政策")
    assert (answer.json["current"], answer.json["version"]) == (True, rules.current(Document.PRIVACY))
    for query, document in (({"version": "2020-01-01"}, "privacy"), ({}, "recipes")):
        assert call("GET", "/v1/documents/{document}", document=document, query=query).status == 404


def test_somebody_agrees_and_withdraws_and_all_of_it_stays(tables):
    version = rules.current(Document.PRIVACY)
    assert [one["document"] for one in mine()["outstanding"]] == ["terms", "privacy"]
    assert say("terms", version=version).json["how"] == "settings"
    assert say("privacy", version=version).status == 200
    assert say("marketing").json["version"] == version
    assert say("marketing").status == 200  # nothing new
    assert say("marketing", agreed=False).json["agreed"] is False
    told = mine()
    assert told["outstanding"] == []
    assert {one["purpose"]: one["agreed"] for one in told["items"]} == {
        "terms": True, "privacy": True, "marketing": False,
    }  # fmt: skip
    assert not use_cases.allows(wiring.consents(), CUSTOMER.account_id, Purpose.MARKETING)
    first = call("GET", "/v1/me/consents/history", actor=CUSTOMER, query={"limit": 3}).json
    rest = call("GET", "/v1/me/consents/history", actor=CUSTOMER, query={"cursor": first["next_cursor"]}).json
    said = [(one["purpose"], one["agreed"]) for one in first["items"] + rest["items"]]
    assert sorted(said) == [("marketing", False), ("marketing", True), ("privacy", True), ("terms", True)]
    assert mine(OTHER)["items"] == []


def test_a_new_notice_asks_again(tables, monkeypatch):
    say("privacy", version=PRESENT[Purpose.PRIVACY])
    say("history")
    monkeypatch.setitem(rules.VERSIONS, Document.PRIVACY, ("2026-12-01", "2027-06-01"))
    assert {one["document"]: one["version"] for one in mine()["outstanding"]}["privacy"] == "2027-06-01"
    refused = say("privacy", version="2026-12-01")
    assert (refused.status, refused.json["code"]) == (409, "document-outdated")
    assert use_cases.allows(wiring.consents(), CUSTOMER.account_id, Purpose.HISTORY)  # a choice stands


def test_what_cannot_be_said(tables):
    assert say("terms", agreed=False).json["code"] == "consent-needed"
    assert say("terms").json["code"] == "document-outdated"
    assert say("marketing", version="2020-01-01").json["code"] == "document-outdated"
    assert say("cookies").status == 404
    assert call("PUT", CHANGE, actor=CUSTOMER, purpose="history", body={"agreed": "yes"}).status == 422
    assert call("GET", "/v1/me/consents").status == 401


def test_an_account_is_made_with_what_it_agreed_to(tables):
    ports = wiring.consents()
    actions = use_cases.agreed(ports, "acc_new", {**PRESENT, Purpose.MARKETING: "2026-12-01"}, "zh-CN", NOW)
    assert len(actions) == 6
    wiring.committer().commit(actions)
    known = use_cases.consents(ports, "acc_new")
    assert {(one.purpose, one.how, one.language, one.at) for one in known} == {
        (purpose, How.SIGN_UP, "zh-CN", NOW) for purpose in (*PRESENT, Purpose.MARKETING)
    }
    assert rules.outstanding(known) == ()
    for versions in ({}, {Purpose.TERMS: "2026-12-01"}, {**PRESENT, Purpose.PRIVACY: "2020-01-01"}):
        with pytest.raises(ConsentMissing):
            use_cases.agreed(ports, "acc_new", versions, "en", NOW)


@pytest.mark.store
def test_of_many_at_once_each_word_is_one_and_what_it_costs(tables):
    ports = wiring.consents()

    def toggle(number):
        return use_cases.say(ports, CUSTOMER, Purpose.HISTORY, None, "en", agreed=bool(number % 2))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(toggle, range(8)))
    numbers = [one.number for one in use_cases.history(ports, CUSTOMER, None, 100).items]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    (standing,) = use_cases.consents(ports, CUSTOMER.account_id)
    assert standing.number == len(numbers)
    with meter.measure() as used:
        use_cases.say(ports, CUSTOMER, Purpose.HISTORY, None, "en", agreed=not standing.agreed)
    assert used.requests == 2
    assert tables.name != DYNOXIDE or (used.read_units, used.write_units) == (1, 4)
    assert all(row.expires_at is None for row in ConsentRow.query(CUSTOMER.account_id))


def test_rules_say_what_stands():
    marketing = rules.said(None, Purpose.MARKETING, None, "en", How.SETTINGS, NOW, agreed=True)
    assert rules.said(marketing, Purpose.MARKETING, None, "en", How.SETTINGS, NOW, agreed=True) is marketing
    assert rules.said(marketing, Purpose.MARKETING, None, "en", How.SETTINGS, NOW, agreed=False).number == 2
    with pytest.raises(CannotBeWithdrawn):
        rules.said(None, Purpose.PRIVACY, None, "en", How.SETTINGS, NOW, agreed=False)
    with pytest.raises(DocumentOutdated):
        rules.said(None, Purpose.PRIVACY, None, "en", How.SETTINGS, NOW, agreed=True)
