"""What is kept of somebody, handed over and removed."""

import json

import pytest

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.profiles import personal, use_cases
from chalicelib.profiles.ports import Channel, QuietHours, Switch
from chalicelib.profiles.rules.blocks import Side
from chalicelib.settings import settings
from tests.api import CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.profiles.world import ADDRESS, add, book
from tests.world import open_shop


@pytest.fixture
def kept(tables):
    """A customer of whom there is something of everything, and a shop."""
    ports, shop = wiring.profiles(), open_shop()["id"]
    add()
    add(label="公司")
    use_cases.keep_favourite(ports, CUSTOMER, shop)
    use_cases.saw(ports, CUSTOMER, shop)
    quiet = QuietHours(*(wiring.clock().now().time().replace(hour=h, minute=0) for h in (22, 8)), "Asia/Shanghai")
    use_cases.change_choices(ports, CUSTOMER, [Switch("review.posted.merchant", Channel.SMS, False)], quiet)
    use_cases.block_shop(ports, CUSTOMER, shop)
    use_cases.block_customer(ports, MERCHANT, shop, CUSTOMER.account_id, Why("多次未到店"))
    ports.shelf.spend(CUSTOMER.account_id, ports.clock.now())
    return ports, shop


def rows(tables):
    found = tables.dynamodb.scan(TableName=f"{settings().table_prefix}-profiles")["Items"]
    return [row for row in found if CUSTOMER.account_id in json.dumps(row)]


def test_all_that_is_kept_is_handed_over_in_plain_form(kept):
    ports, shop = kept
    told = json.loads(json.dumps(personal.personal_data(ports, CUSTOMER.account_id)))
    assert [(one["label"], one["phone"], one["default"]) for one in told["addresses"]] == [
        ("家", "+8613800138000", True),
        ("公司", "+8613800138000", False),
    ]
    assert told["addresses"][0]["position"] == ADDRESS["position"]
    assert [one["shop_id"] for key in ("favourites", "history", "blocked") for one in told[key]] == [shop] * 3
    assert told["notices_switched_off"] == [{"kind": "review.posted.merchant", "channel": "sms"}]
    assert told["quiet_hours"] == {"from": "22:00", "until": "08:00", "zone": "Asia/Shanghai"}
    assert "多次未到店" not in str(told)
    theirs = personal.personal_data(ports, MERCHANT.account_id)["blocked"]
    assert [(one["side"], one["reason"]) for one in theirs] == [("merchant", "多次未到店")]


@pytest.mark.store
def test_nothing_is_left_of_somebody_who_is_erased(kept, tables):
    ports, shop = kept
    add(OTHER)
    use_cases.keep_favourite(ports, OTHER, shop)
    for _ in range(2):
        personal.erase(ports, CUSTOMER.account_id)
        assert rows(tables) == []
    assert personal.personal_data(ports, CUSTOMER.account_id)["addresses"] == []
    assert len(book(OTHER)) == len(use_cases.favourites(ports, OTHER, None, 9).items) == 1
    assert ports.blocks.blocks(MERCHANT.account_id, Side.MERCHANT, None, 9).items == ()
    for n in range(2):  # what counts others' blocks was counted down, once
        use_cases.block_customer(ports, MERCHANT, shop, f"acc_{n}", Why("x"))
    assert call("GET", "/v1/me/addresses", actor=CUSTOMER).json["items"] == []


@pytest.mark.parametrize("dies_after", range(4))
def test_a_run_that_dies_is_finished_by_the_next(kept, tables, monkeypatch, dies_after):
    ports, _ = kept
    left = [dies_after]
    commit = type(ports.committer).commit

    def dying(self, actions):
        if left[0] == 0:
            raise ConnectionError
        left[0] -= 1
        commit(self, actions)

    monkeypatch.setattr(type(ports.committer), "commit", dying)
    try:
        personal.erase(ports, CUSTOMER.account_id)
    except ConnectionError:
        left[0] = 99
        personal.erase(ports, CUSTOMER.account_id)
    assert rows(tables) == []
