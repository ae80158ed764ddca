"""A shop to start from."""

from chalicelib.kit.money import Money
from chalicelib.shops.rules import Interval, OfferingDraft, Position, ShopDraft

BARBER = ShopDraft(
    name="小满理发",
    categories=("barber", "hair-care"),
    address="上海市徐汇区梧桐里 8 号",
    position=Position(31.2304, 121.4737),
    zone="Asia/Shanghai",
    currency="CNY",
    hours=tuple(Interval(day, "09:00", "18:30") for day in range(6)),
)
CUT = OfferingDraft("剪发", 45, Money(12800, "CNY"), name_en="Haircut", buffer_after_minutes=10)

SHOP_BODY = {
    "name": "小满理发",
    "categories": ["barber", "hair-care"],
    "address": "上海市徐汇区梧桐里 8 号",
    "position": {"lat": 31.2304, "lon": 121.4737},
    "zone": "Asia/Shanghai",
    "currency": "CNY",
    "hours": [{"weekday": day, "opens": "09:00", "closes": "18:30"} for day in range(6)],
}
CUT_BODY = {
    "name": "剪发",
    "name_en": "Haircut",
    "minutes": 45,
    "price": {"amount": 12800, "currency": "CNY"},
    "buffer_after_minutes": 10,
}
