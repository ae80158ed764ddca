"""Why a calendar could not be read: what an upload is answered, and what a subscription says of its last attempt."""

from collections.abc import Mapping

from chalicelib.kit.errors import Conflict, Invalid
from chalicelib.kit.i18n import Text

MOST_BYTES = 1024 * 1024
MOST_CALENDARS = 50  # of a shop


class NotUnderstood(Exception):  # noqa: N818 - as kit.transaction.Contention
    """One event means nothing to us; the others count."""


class CalendarFault(Invalid):
    """Base of what can be wrong with a calendar."""

    code = "calendar-fault"


class NotACalendar(CalendarFault):
    code = "calendar-not-readable"
    title = Text("That is not a calendar", "无法识别为日历")
    detail = Text("It must be iCalendar text (RFC 5545): BEGIN:VCALENDAR.", "内容必须是 iCalendar 文本（RFC 5545）。")


class TooComplex(CalendarFault):
    code = "calendar-too-complex"
    title = Text("The calendar has too much in it", "日历内容过于复杂")
    detail = Text("Export fewer events, or without those of the past.", "请减少事件，或导出时不含过去的事件。")


class CalendarTooLarge(CalendarFault):
    code = "calendar-too-large"
    title = Text("The calendar is too large", "日历过大")
    detail = Text("At most 1 MB is read.", "最多读取 1 MB。")


class AddressRefused(CalendarFault):
    code = "calendar-address-refused"
    title = Text("That address is not read", "不支持该地址")
    detail = Text(
        "It must be https, on port 443, without credentials, and lie on the public internet.",
        "地址必须为 https（443 端口），不含用户名和密码，且位于公网。",
    )


class Unreachable(CalendarFault):
    code = "calendar-unreachable"
    title = Text("The calendar did not answer", "日历服务器无响应")
    detail = Text("Its server was not found or did not answer in time.", "找不到服务器或响应超时。")


class AnsweredOtherwise(CalendarFault):
    code = "calendar-refused-by-server"
    title = Text("The calendar's server refuses", "日历服务器拒绝访问")
    detail = Text(
        "It answered something else than a calendar; see whether the address still stands.",
        "服务器未返回日历，请检查地址是否仍有效。",
    )


class TooManyCalendars(Conflict):
    code = "too-many-calendars"
    title = Text("Too many calendars", "日历过多")
    detail = Text("A shop can have {limit}. Remove one first.", "每家店铺最多 {limit} 个日历，请先移除。")


FAULTS: Mapping[str, type[CalendarFault]] = {
    one.code: one
    for one in (NotACalendar, TooComplex, CalendarTooLarge, AddressRefused, Unreachable, AnsweredOtherwise)
}
"""By code: what a subscription's row remembers."""
