"""What notices say over the wire."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Moment
from chalicelib.notifications import rules
from chalicelib.notifications.use_cases.addresses import Way
from chalicelib.notifications.use_cases.inbox import Inbox

ChannelName = Literal["sms", "email", "push", "wechat"]


class Notice(Wire):
    """Something that you were told."""

    id: str = Field(examples=["ntc_5h1w8q2n7v4k9x3c6z0b8d1f2g"])
    kind: str = Field(
        description="What happened, and to which side it was told.", examples=["order.confirmed.customer"]
    )
    channel: ChannelName | None = Field(description="How it went last; null where it was not sent.", examples=["push"])
    title: str = Field(description="Short; empty for some that are older.", examples=["南翔馒头店预订已确认"])
    body: str = Field(
        description="The text, in your language of that time.",
        examples=["您在南翔馒头店的预订已确认：包间，2030年5月1日 周三 14:30，已支付¥1,280.00。期待您的光临！"],
    )
    link: str | None = Field(
        description="Where in the app it leads.", examples=["orders/ord_01jd3x9k5r8m2q7w4t6y0z1abc"]
    )
    state: Literal["claimed", "held", "sent", "undeliverable", "silent", "gathered", "capped", "late"] = Field(
        description="`claimed`: being sent. `held`: waits for the end of your quiet hours, or for a channel that is "
        "down. `undeliverable`: it reaches you nowhere. `silent`: not sent, as you chose, or because you had read it. "
        "`gathered`: told of by your digest. `capped`: not sent, there were too many of its kind. `late`: not sent, "
        "it was of no use any more."
    )
    read: bool
    created_at: Moment

    @classmethod
    def of(cls, notice: rules.Notice, tally: rules.Tally) -> "Notice":
        return cls(
            id=notice.id,
            kind=notice.kind,
            channel=notice.channel.value if notice.channel else None,
            title=notice.title,
            body=notice.body,
            link=notice.link,
            state=notice.state.value,
            read=tally.is_read(notice),
            created_at=notice.created_at,
        )


class Notices(Wire):
    """Some of what you were told, newest first."""

    items: tuple[Notice, ...]
    unread: int = Field(description="How many you have not read, of all.", examples=[3])
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, inbox: Inbox, cursor: str | None) -> "Notices":
        items = tuple(Notice.of(notice, inbox.tally) for notice in inbox.page.items)
        return cls(items=items, unread=inbox.tally.total, next_cursor=cursor)


class Unread(Wire):
    """How much you have not read."""

    unread: int = Field(examples=[3])


class Address(Wire):
    """Where somebody is reached."""

    channel: ChannelName
    address: str = Field(description="With its middle left out.", examples=["+86***0001"])
    suspended_at: Moment | None = Field(description="Since when nothing is sent there; null where all is.")
    reason: str | None = Field(description="What the provider said.", examples=["bounce"])

    @classmethod
    def of(cls, way: Way) -> "Address":
        stands = way.suspension
        return cls(
            channel=way.channel.value,
            address=_masked(way.address),
            suspended_at=stands.at if stands else None,
            reason=stands.reason if stands else None,
        )


class Addresses(Wire):
    """Everywhere that somebody is reached."""

    items: tuple[Address, ...]


class Lift(Wire):
    """Why it is sent there again."""

    reason: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=LONGEST_REASON,
            description="It is kept for ever, so no name, number or address.",
            examples=["The mailbox was full; its owner called."],
        ),
    ]


def _masked(address: str) -> str:
    """Return enough of an address for its owner to know it by."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}" if at else f"{address[:3]}***{address[-4:]}"
