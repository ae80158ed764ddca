"""The rows of the shops table, and what they say. What a merchant says is one JSON document a row."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta
from chalicelib.kit.money import Money
from chalicelib.shops.areas import Area, Circle, Polygon
from chalicelib.shops.hours import HoursException, Interval
from chalicelib.shops.rules import BookingTerms, CancellationPolicy, Media, Position, Shop, Status
from chalicelib.shops.serving import Choice, Offering, Resource, ResourceKind, Spec, Staff

META, OFFERING, STAFF, RESOURCE = "META", "OFF#", "STF#", "RES#"


class PartRow(Row):
    """Any row of a shop's partition; what only the shop's own has is null elsewhere."""

    class Meta(TableMeta):
        table = "shops"

    body = UnicodeAttribute()
    version = NumberAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)  # of the row that an import brought
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    of_merchant = Gsi1()


def shop_row(shop: Shop, fingerprint: str | None = None) -> PartRow:
    return PartRow(
        shop.id,
        META,
        body=shop_body(shop),
        version=shop.version,
        fingerprint=fingerprint,
        gsi1pk=f"MERCHANT#{shop.merchant_id}",
        gsi1sk=f"{iso(shop.created_at)}#{shop.id}",
    )


def shop_body(shop: Shop) -> str:
    body = {
        "merchant_id": shop.merchant_id,
        "name": shop.name,
        "name_en": shop.name_en,
        "categories": shop.categories,
        "address": shop.address,
        "position": [shop.position.lat, shop.position.lon],
        "zone": shop.zone,
        "currency": shop.currency,
        "hours": _hours_body(shop.hours),
        "phone": shop.phone,
        "policy": vars(shop.policy),
        "status": shop.status,
        "created_at": iso(shop.created_at),
        **_said(
            exceptions=_exceptions_body(shop.exceptions),
            media=[[one.kind, one.url, one.caption] for one in shop.media],
            specs=[[one.name, one.value] for one in shop.specs],
            service_area=shop.service_area and _area_body(shop.service_area),
            terms=shop.terms != BookingTerms() and vars(shop.terms),
        ),
    }
    return _text(body)


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _exceptions_body(exceptions: Sequence[HoursException]) -> list[Any]:
    return [[one.date.isoformat(), one.intervals] for one in exceptions]


def _said(**parts: Any) -> dict[str, Any]:
    """Return the parts that say something: most shops say little, and rows are paid by their size."""
    return {name: part for name, part in parts.items() if part}


def _area_body(area: Area) -> dict[str, Any]:
    return {"radius_m": area.radius_m} if isinstance(area, Circle) else {"polygon": area.vertices}


def shop_of(row: PartRow) -> Shop:
    body: dict[str, Any] = json.loads(row.body)
    body |= {
        "categories": tuple(body["categories"]),
        "position": Position(*body["position"]),
        "hours": _hours(body["hours"]),
        "policy": CancellationPolicy(**body["policy"]),
        "status": Status(body["status"]),
        "created_at": parse(body["created_at"]),
        "exceptions": tuple(_exception(*one) for one in body.get("exceptions", ())),
        "media": tuple(Media(*one) for one in body.get("media", ())),
        "specs": _specs(body),
        "service_area": _area(**body["service_area"]) if "service_area" in body else None,
        "terms": _terms(**body["terms"]) if "terms" in body else BookingTerms(),
    }
    return Shop(id=row.pk, version=int(row.version), **body)


def _terms(choice: str, **terms: int) -> BookingTerms:
    return BookingTerms(choice=Choice(choice), **terms)


def _exception(day: str, intervals: Sequence[Sequence[str]]) -> HoursException:
    return HoursException(date.fromisoformat(day), tuple((opens, closes) for opens, closes in intervals))


def _specs(body: Mapping[str, Any]) -> tuple[Spec, ...]:
    return tuple(Spec(*one) for one in body.get("specs", ()))


def _area(radius_m: int = 0, polygon: Sequence[Sequence[float]] = ()) -> Area:
    return Polygon(tuple((lat, lon) for lat, lon in polygon)) if polygon else Circle(radius_m)


def offering_row(offering: Offering) -> PartRow:
    body = {
        "name": offering.name,
        "name_en": offering.name_en,
        "minutes": offering.minutes,
        "price": [offering.price.amount, offering.price.currency],
        "buffer_after_minutes": offering.buffer_after_minutes,
        "slot_minutes": offering.slot_minutes,
        "active": offering.active,
        "staff_ids": offering.staff_ids,
        **_said(
            specs=[[one.name, one.value] for one in offering.specs],
            buffer_before_minutes=offering.buffer_before_minutes,
            skills=offering.skills,
            needs=offering.needs,
            unstaffed=not offering.staffed,
            at_shop_bps=10_000 - offering.deposit_bps,
            approval=offering.approval,
            seats=offering.seats > 1 and offering.seats,
        ),
    }
    return PartRow(offering.shop_id, f"{OFFERING}{offering.id}", body=_text(body))


def offering_of(row: PartRow) -> Offering:
    body: dict[str, Any] = json.loads(row.body)
    body |= {
        "price": Money(*body["price"]),
        "staff_ids": tuple(body["staff_ids"]),
        "specs": _specs(body),
        "skills": tuple(body.get("skills", ())),
        "needs": tuple(map(tuple, body.get("needs", ()))),
        "staffed": not body.pop("unstaffed", False),
        "deposit_bps": 10_000 - body.pop("at_shop_bps", 0),
    }
    return Offering(id=row.sk.removeprefix(OFFERING), shop_id=row.pk, **body)


def staff_row(staff: Staff) -> PartRow:
    body = {
        "name": staff.name,
        "active": staff.active,
        **_said(
            skills=staff.skills,
            hours=staff.hours is not None and [_hours_body(staff.hours)],
            exceptions=_exceptions_body(staff.exceptions),
        ),
    }
    return PartRow(staff.shop_id, f"{STAFF}{staff.id}", body=_text(body))


def staff_of(row: PartRow) -> Staff:
    body: dict[str, Any] = json.loads(row.body)
    body |= {
        "skills": tuple(body.get("skills", ())),
        # In a list of one: a week without hours is not the same as a week that nobody told.
        "hours": _hours(body["hours"][0]) if "hours" in body else None,
        "exceptions": tuple(_exception(*one) for one in body.get("exceptions", ())),
    }
    return Staff(row.sk.removeprefix(STAFF), row.pk, **body)


def resource_row(resource: Resource) -> PartRow:
    body = {"kind": resource.kind, "name": resource.name, "active": resource.active}
    return PartRow(resource.shop_id, f"{RESOURCE}{resource.id}", body=_text(body))


def resource_of(row: PartRow) -> Resource:
    body: dict[str, Any] = json.loads(row.body)
    kind = ResourceKind(body["kind"])
    return Resource(row.sk.removeprefix(RESOURCE), row.pk, kind, body["name"], active=body["active"])


def _hours_body(hours: Sequence[Interval]) -> list[Any]:
    return [[one.weekday, one.opens, one.closes] for one in hours]


def _hours(body: Sequence[Sequence[Any]]) -> tuple[Interval, ...]:
    return tuple(Interval(*one) for one in body)
