"""The address book over the API, on real transactions."""

from uuid import uuid4

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.profiles import use_cases
from chalicelib.profiles.ports import AddressDraft
from chalicelib.profiles.problems import TooManyAddresses
from chalicelib.profiles.rules.addresses import MOST_ADDRESSES
from chalicelib.settings import settings
from tests.api import CUSTOMER, OTHER, call
from tests.chalicelib.profiles.world import ADDRESS, BOOK, ENTRY, add, at_once, book
from tests.emulators import DYNOXIDE

DRAFT = AddressDraft("家", "王小明", "+8613800138000", "CN", ("南京西路 1 号",))


def once():
    return Once("scope", uuid4().hex, "print", lambda _: Answer(201, "{}"))


def defaults(ports):
    return [one.address.id for one in use_cases.addresses(ports, CUSTOMER) if one.default]


def test_an_address_is_added_read_changed_and_removed(tables):
    made = add()
    assert made == {"id": made["id"], "version": 1, "default": True}
    [kept] = book()
    assert kept == ADDRESS | made | {"phone": "+8613800138000"}
    change = {"version": 1, "label": "公司", "postcode": None, "position": None}
    changed = call("PATCH", ENTRY, actor=CUSTOMER, body=change, address_id=made["id"])
    assert changed.json == kept | change | {"version": 2}
    again = call("PATCH", ENTRY, actor=CUSTOMER, body=change, address_id=made["id"])
    assert (again.status, again.json["code"]) == (409, "address-changed")
    assert call("DELETE", ENTRY, actor=CUSTOMER, address_id=made["id"]).status == 204
    assert call("DELETE", ENTRY, actor=CUSTOMER, address_id=made["id"]).status == 404
    assert book() == []


def test_there_is_one_default_whatever_comes_and_goes(tables):
    first, second, third = add(), add(default=True), add()
    assert [one["default"] for one in book()] == [False, True, False]
    change = {"version": 1, "default": True}
    assert call("PATCH", ENTRY, actor=CUSTOMER, body=change, address_id=third["id"]).json["version"] == 1
    assert [one["default"] for one in book()] == [False, False, True]
    call("DELETE", ENTRY, actor=CUSTOMER, address_id=third["id"])
    assert [(one["id"], one["default"]) for one in book()] == [(first["id"], True), (second["id"], False)]


def test_what_is_wrong_is_named_and_nobody_reaches_into_anothers_book(tables):
    body = ADDRESS | {"phone": "110 110 110", "postcode": "SW1A 1AA"}
    answer = call("POST", BOOK, actor=CUSTOMER, body=body)
    assert [one["field"] for one in answer.json["errors"]] == ["phone", "postcode"]
    assert call("POST", BOOK, actor=CUSTOMER, body=ADDRESS | {"country": "XX"}).status == 422
    mine = add()["id"]
    assert book(OTHER) == []
    stolen = {"version": 1, "recipient": "别人"}
    assert call("PATCH", ENTRY, actor=OTHER, body=stolen, address_id=mine).status == 404
    assert call("DELETE", ENTRY, actor=OTHER, address_id=mine).status == 404
    assert book()[0]["recipient"] == "王小明"


def test_a_repeat_adds_nothing_and_its_answer_holds_nothing_personal(tables):
    answers = [call("POST", BOOK, actor=CUSTOMER, body=ADDRESS, key="one-address") for _ in range(2)]
    assert answers[0].text == answers[1].text
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len(book()) == 1
    prefix = settings().table_prefix
    rows = [
        row
        for table in ("profiles", "idempotency")
        for row in tables.dynamodb.scan(TableName=f"{prefix}-{table}")["Items"]
    ]
    assert len(rows) == 3
    for part in ("王小明", "13800138000", "南京西路", "200040", "31.23", "家"):
        assert part not in str(rows)


@pytest.mark.store
def test_of_many_at_once_one_is_the_default_and_none_is_too_many(tables):
    ports = wiring.profiles()
    for _ in range(MOST_ADDRESSES - 4):
        use_cases.add_address(ports, CUSTOMER, DRAFT, once(), default=False)
    made = at_once(*[lambda: use_cases.add_address(ports, CUSTOMER, DRAFT, once(), default=True) for _ in range(8)])
    assert sum(isinstance(one, TooManyAddresses) for one in made) == 4
    entries = use_cases.addresses(ports, CUSTOMER)
    assert len(entries) == MOST_ADDRESSES
    [default] = defaults(ports)
    others = [one.address for one in entries if one.address.id != default][:3]
    at_once(
        lambda: use_cases.remove_address(ports, CUSTOMER, default),
        *[
            lambda one=one: use_cases.change_address(ports, CUSTOMER, one.id, one.version, {}, default=True)
            for one in others
        ],
        lambda: use_cases.remove_address(ports, CUSTOMER, others[0].id),
    )
    assert len(defaults(ports)) == 1
    left = use_cases.addresses(ports, CUSTOMER)
    at_once(*[lambda one=one: use_cases.remove_address(ports, CUSTOMER, one.address.id) for one in left])
    assert use_cases.addresses(ports, CUSTOMER) == []


@pytest.mark.store
def test_of_two_changes_at_once_one_is_told_that_it_came_late(tables):
    ports = wiring.profiles()
    made = use_cases.add_address(ports, CUSTOMER, DRAFT, once(), default=False).address
    outcomes = at_once(
        *[
            lambda name=name: use_cases.change_address(ports, CUSTOMER, made.id, 1, {"label": name}, default=False)
            for name in ("一", "二", "三")
        ]
    )
    assert sum(isinstance(one, Exception) for one in outcomes) == 2
    [kept] = use_cases.addresses(ports, CUSTOMER)
    assert kept.address.version == 2


def test_what_the_book_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    ports, costs = wiring.profiles(), {}

    def measured(name, work):
        with meter.measure() as used:
            made = work()
        costs[name] = (used.requests, used.read_units, used.write_units)
        return made

    first = measured("add", lambda: use_cases.add_address(ports, CUSTOMER, DRAFT, once(), default=False)).address
    second = use_cases.add_address(ports, CUSTOMER, DRAFT, once(), default=False).address
    measured("read", lambda: use_cases.addresses(ports, CUSTOMER))
    change = {"label": "公司"}
    measured("change", lambda: use_cases.change_address(ports, CUSTOMER, second.id, 1, change, default=False))
    measured("and default", lambda: use_cases.change_address(ports, CUSTOMER, second.id, 2, change, default=True))
    measured("remove", lambda: use_cases.remove_address(ports, CUSTOMER, first.id))
    assert costs == {
        "add": (2, 1, 6),
        "read": (1, 1, 0),
        "change": (2, 1, 2),
        "and default": (2, 1, 4),
        "remove": (2, 1, 4),
    }
