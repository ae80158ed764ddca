"""The demo city is loaded once per version, by the use cases that merchants use."""

from collections.abc import Iterator

import pytest

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.rules import Account
from chalicelib.kit.auth import Actor, Role
from chalicelib.search import use_cases as search
from chalicelib.search.use_cases import Wish
from chalicelib.shops import use_cases as shops
from infra import demo_city
from infra.local import demo_data
from infra.targets import Target
from tests.emulators import Emulator


@pytest.fixture
def target(ministack: Emulator) -> Target:
    return Target.local(port=int(ministack.endpoint.rpartition(":")[2]), stage="demo-test")


def test_loaded_once_per_version(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    monkeypatch.setattr(demo_data, "load", lambda: loads.append(demo_city.version()))
    assert not demo_data.mark_name(target).startswith(target.secrets_path)
    assert demo_data.load_demo_data(target)
    assert not demo_data.load_demo_data(target)
    monkeypatch.setattr(demo_city, "version", lambda: "another")
    assert demo_data.load_demo_data(target)
    assert not demo_data.load_demo_data(target)
    assert len(loads) == 2


def merchant() -> Account:
    return accounts.grant_role(wiring.accounts(), Role.MERCHANT, phone_text=demo_data.MERCHANT_PHONE)


def owned(account: Account) -> Iterator[str]:
    page = shops.of_merchant(wiring.shops(), Actor(account.id, account.roles, "ses"), None, 100)
    yield from (shop.id for shop in page.items)


def test_the_city_is_there_and_stays_the_same(tables: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(demo_city.shops(40))
    monkeypatch.setattr(demo_city, "shops", lambda: iter(rows))
    demo_data.load()
    account = merchant()
    mine = set(owned(account))
    assert len(mine) == 40
    found = search.find(wiring.search(), Wish(31.23, 121.47, 50_000), 100).items
    assert {hit.card.shop_id for hit in found} == mine
    listing = shops.listing(wiring.shops(), next(hit.card.shop_id for hit in found if "hair" in hit.card.categories))
    assert listing.staff
    assert len(listing.offerings) == 4
    demo_data.load()
    assert merchant() == account
    assert set(owned(account)) == mine
    admin = accounts.grant_role(wiring.accounts(), Role.CUSTOMER, phone_text=demo_data.ADMIN_PHONE)
    assert Role.ADMIN in admin.roles


def test_a_city_that_is_not_sound_is_not_kept(tables: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(demo_city.shops(1))
    monkeypatch.setattr(demo_city, "shops", lambda: iter([row, row]))
    with pytest.raises(ValueError, match="not sound"):
        demo_data.load()
