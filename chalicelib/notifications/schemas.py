"""What notices say over the wire."""

from typing import Literal

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment
from chalicelib.notifications import rules


class Notice(Wire):
    """Something that you were told."""

    id: str = Field(examples=["ntc_5h1w8q2n7v4k9x3c6z0b8d1f2g"])
    kind: str = Field(
        description="What happened, and to which side it was told.", examples=["order.confirmed.customer"]
    )
    channel: Literal["sms", "email", "push", "wechat"]
    body: str = Field(description="The text as it was sent, in your language of that time.")
    state: Literal["claimed", "sent", "undeliverable", "silent"] = Field(
        description="`claimed`: being sent. `undeliverable`: it does not reach you there. `silent`: not sent, as you "
        "chose."
    )
    created_at: Moment

    @classmethod
    def of(cls, notice: rules.Notice) -> "Notice":
        return cls(
            id=notice.id,
            kind=notice.kind,
            channel=notice.channel.value,
            body=notice.body,
            state=notice.state.value,
            created_at=notice.created_at,
        )


class Notices(Wire):
    """Some of what you were told, newest first."""

    items: tuple[Notice, ...]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")
