"""What a merchant does beside selling, once, so that it succeeds: queues, calendars, rooms, classes and notes."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.kit.wire import rfc3339
from tests.e2e.town import PRICE, Person, Town, slot

ZONE = ZoneInfo("Asia/Shanghai")
Good = Callable[..., Any]


class ShopWalk:
    """Somebody's shop; `ids`, the values of path parameters, are added to."""

    def __init__(
        self,
        town: Town,
        good: Good,
        fresh: Callable[[], dict[str, str]],
        merchant: Person,
        customer: Person,
        ids: dict[str, str],
    ) -> None:
        self.town, self.good, self.fresh = town, good, fresh
        self.merchant, self.customer, self.ids = merchant, customer, ids

    def go(self) -> None:
        """Do everything."""
        self._queue()
        self._calendars()
        self._day()

    def _queue(self) -> None:
        """Two numbers: one is called out of turn, skipped and waits again; in the end nobody waits but who came last."""
        at, wish = self.ids["shop_id"], {"name": "2 人桌", "prefix": "A", "minutes": 10}
        queue = self.good("queueing_create", self.merchant, wish, headers=self.fresh(), shop_id=at)["id"]
        self.good("queueing_change", self.merchant, {"minutes": 5, "open": True}, shop_id=at, queue_id=queue)
        door = {"shop_id": at, "queue_id": queue}
        taken = [
            self.good("queueing_take", person, {"party": 2}, headers=self.fresh(), **door)["id"]
            for person in (self.town.person(), self.customer)
        ]
        self.good("queueing_of_shop", shop_id=at)
        assert len(self.good("queueing_listed", self.merchant, **door)["items"]) == len(taken)
        for verb in ("call_one", "recall", "skip", "reinstate"):
            self.good(f"queueing_{verb}", self.merchant, headers=self.fresh(), shop_id=at, ticket_id=taken[0])
        assert self.good("queueing_call_next", self.merchant, headers=self.fresh(), **door)["id"] == taken[0]
        self.good("queueing_seat", self.merchant, headers=self.fresh(), shop_id=at, ticket_id=taken[0])
        assert self.good("queueing_ticket", self.customer, shop_id=at, ticket_id=taken[1])["ahead"] == 0
        self.good("queueing_leave", self.customer, headers=self.fresh(), shop_id=at, ticket_id=taken[1])
        last = self.good("queueing_take", self.customer, {"party": 2}, headers=self.fresh(), **door)
        self.ids |= {"queue_id": queue, "ticket_id": last["id"]}

    def _calendars(self) -> None:
        """Each feed is made, read and closed but the shop's; a calendar from elsewhere that is busy some other time."""
        at = {"shop_id": self.ids["shop_id"]}
        staff = at | {"staff_id": self.ids["staff_id"]}
        self.good("calendars_open_staff_feed", self.merchant, **staff)
        self.good("calendars_open_own_feed", self.customer)
        self.good("calendars_own_feed", self.customer)
        self.good("calendars_close_staff_feed", self.merchant, **staff)
        self.good("calendars_close_own_feed", self.customer)
        self.good("calendars_open_shop_feed", self.merchant, **at)
        self.good("calendars_close_shop_feed", self.merchant, **at)
        opened = self.good("calendars_open_shop_feed", self.merchant, **at)
        self.good("calendars_shop_feeds", self.merchant, **at)
        self.ids["token"] = opened["path"].split("/")[3]
        assert "BEGIN:VCALENDAR" in self.good("calendars_feed", token=self.ids["token"])
        wish = {"name": "私人", "staff_id": self.ids["staff_id"], "ics": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"}
        gone = self.good("calendars_add", self.merchant, wish, headers=self.fresh(), **at)
        self.good("calendars_remove", self.merchant, calendar_id=gone["id"], **at)
        self.ids["calendar_id"] = self.good("calendars_add", self.merchant, wish, headers=self.fresh(), **at)["id"]
        self.good("calendars_calendars", self.merchant, **at)

    def _day(self) -> None:
        """A room, a class in it, and what the merchant keeps free and writes down."""
        at, day = {"shop_id": self.ids["shop_id"]}, {"date": f"{slot(0).astimezone(ZONE):%Y-%m-%d}"}
        room = self.good(
            "shops_add_resource", self.merchant, {"kind": "room", "name": "1 号间"}, headers=self.fresh(), **at
        )
        self.ids["resource_id"] = room["id"]
        self.good("shops_change_resource", self.merchant, {"name": "大间"}, resource_id=room["id"], **at)
        price = {"amount": PRICE, "currency": "CNY"}
        wish = {"name": "瑜伽课", "minutes": 30, "price": price, "seats": 5, "staffed": False, "needs": [[room["id"]]]}
        group = self.town.make(f"/shops/{at['shop_id']}/offerings", self.merchant, wish)["id"]
        plan = {"offering_id": group, "start": rfc3339(slot(0))}
        session = self.good("booking_plan_session", self.merchant, plan, headers=self.fresh(), **at)
        self.ids["session_id"] = session["id"]
        self.good("booking_sessions", query=day, **at)
        seats = {"kind": "seat", "shop_id": at["shop_id"], "session_id": session["id"], "seats": 2}
        self.good("orders_hold", self.customer, {"lines": [seats]}, headers=self.fresh())
        self.good("booking_call_off", self.merchant, headers=self.fresh(), session_id=session["id"])
        kept = {"resource_id": room["id"], "start": rfc3339(slot(2)), "end": rfc3339(slot(4)), "reason": "盘点"}
        gone = self.good("booking_block", self.merchant, kept, headers=self.fresh(), **at)
        self.good("booking_unblock", self.merchant, block_id=gone["id"])
        self.ids["block_id"] = self.good("booking_block", self.merchant, kept, headers=self.fresh(), **at)["id"]
        self.good("booking_blocks", self.merchant, query=day, **at)
        self.good("booking_write_note", self.merchant, {"text": "下午盘点"}, query=day, **at)
        self.good("booking_note", self.merchant, query=day, **at)
