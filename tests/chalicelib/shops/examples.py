"""A shop to start from, and all that can be said of one."""

from dataclasses import replace
from datetime import date, timedelta

from chalicelib.kit.money import Money
from chalicelib.shops.areas import Circle, Polygon
from chalicelib.shops.hours import HoursException, Interval
from chalicelib.shops.rules import Media, Position, ShopDraft
from chalicelib.shops.serving import OfferingDraft, Spec

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

TOLD_BODY = {
    "exceptions": [
        {
            "date": "2030-12-24",
            "intervals": [{"opens": "10:00", "closes": "14:00"}, {"opens": "22:00", "closes": "02:00"}],
        },
        {"date": "2030-12-25", "intervals": []},
    ],
    "media": [
        {"kind": "photo", "url": "https://media.example.com/xiaoman/front.jpg?w=800", "caption": "门面"},
        {"kind": "video", "url": "https://media.example.com:8443/%E5%B0%8F%E6%BB%A1", "caption": None},
    ],
    "specs": [{"name": "wifi", "value": "有"}, {"name": "座位", "value": "6"}],
    "service_area": {"radius_m": 5000},
}
TOLD = replace(
    BARBER,
    exceptions=(
        HoursException(date(2030, 12, 24), (("10:00", "14:00"), ("22:00", "02:00"))),
        HoursException(date(2030, 12, 25)),
    ),
    media=(
        Media("photo", "https://media.example.com/xiaoman/front.jpg?w=800", "门面"),
        Media("video", "https://media.example.com:8443/%E5%B0%8F%E6%BB%A1"),
    ),
    specs=(Spec("wifi", "有"), Spec("座位", "6")),
    service_area=Circle(5000),
)
SQUARE = Polygon(((31.2, 121.4), (31.2, 121.5), (31.3, 121.5), (31.3, 121.4)))


def most(character="\U0001f488"):
    """As much as can be said of a shop, every text of one character."""
    day = tuple((f"{hour:02}:00", f"{hour:02}:30") for hour in range(6))
    url = "https://media.example.com/"
    return replace(
        BARBER,
        name=character * 100,
        name_en=character * 100,
        categories=tuple(f"{number}" * 40 for number in range(5)),
        address=character * 300,
        hours=tuple(Interval(weekday, *clocks) for weekday in range(7) for clocks in day),
        phone="+" + "1" * 31,
        exceptions=tuple(HoursException(date(2030, 1, 1) + timedelta(days=n), day) for n in range(40)),
        media=(Media("photo", url + "x" * (500 - len(url)), character * 100),) * 20,
        specs=(Spec(character * 60, character * 200),) * 30,
        service_area=Polygon(tuple((31.2 + n / 1e3 + 1e-15, 121.4 + n * n / 1e5 + 1e-14) for n in range(50))),
    )


def most_offering(character="\U0001f488"):
    """As much as can be said of an offering."""
    return replace(
        CUT,
        name=character * 100,
        name_en=character * 100,
        staff_ids=tuple(f"stf_{number:026}" for number in range(100)),
        specs=(Spec(character * 60, character * 200),) * 20,
    )
