"""A small world for tests of what comes after shops: a shop that never closes, an order in it, made over the API."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.kit.auth import Actor
from chalicelib.kit.wire import rfc3339
from tests.api import CUSTOMER, MERCHANT, call


def open_shop(
    *, staff: int = 1, price: int = 10_000, currency: str = "CNY", actor: Actor = MERCHANT, **fields: Any
) -> dict[str, Any]:
    """Return a merchant's shop with one offering of an hour, and so many people who can do it."""
    shop = {
        "name": "静安理发",
        "name_en": "Jing'an Barber",
        "categories": ["hair"],
        "address": "上海市静安区南京西路1号",
        "position": {"lat": 31.23, "lon": 121.46},
        "zone": "Asia/Shanghai",
        "currency": currency,
        "hours": [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)],
        **fields,
    }
    made = _made(call("POST", "/v1/shops", actor=actor, body=shop))
    people = [
        _made(call("POST", "/v1/shops/{shop_id}/staff", actor=actor, body={"name": f"阿玲{n}"}, shop_id=made["id"]))
        for n in range(staff)
    ]
    offering = {"name": "剪发", "minutes": 60, "price": {"amount": price, "currency": currency}}
    added = _made(call("POST", "/v1/shops/{shop_id}/offerings", actor=actor, body=offering, shop_id=made["id"]))
    return {**made, "offering_id": added["id"], "staff_ids": [one["id"] for one in people]}


def wish(shop: dict[str, Any], hours: int = 24) -> dict[str, Any]:
    """Return a line for the whole hour that begins about so many hours from now."""
    return {
        "kind": "booking",
        "shop_id": shop["id"],
        "offering_id": shop["offering_id"],
        "start": rfc3339(hour(hours)),
    }


def hour(hours: int) -> datetime:
    """Return the whole hour that begins about so many hours from now."""
    return wiring.clock().now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)


def hold(shop: dict[str, Any], hours: int = 24, actor: Actor = CUSTOMER, **fields: Any) -> dict[str, Any]:
    """Return a held order of one hour in the shop."""
    return _made(call("POST", "/v1/orders", actor=actor, body={"lines": [wish(shop, hours)], **fields}))


def _made(answer: Any) -> dict[str, Any]:
    if answer.status != 201:
        raise AssertionError(answer.text)
    made: dict[str, Any] = answer.json
    return made
