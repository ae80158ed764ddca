"""Choices over the wire."""

from datetime import time
from types import EllipsisType
from typing import Annotated, Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import left_out
from chalicelib.profiles import ports

WallTime = Annotated[
    str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="By the wall clock.", examples=["22:00"])
]
Kind = Annotated[
    str, Field(min_length=1, max_length=60, description="A kind of notice.", examples=["order.completed.customer"])
]


class QuietHours(Wire):
    """When you want to be left alone; past midnight where it ends before it starts."""

    from_time: WallTime
    until_time: WallTime = Field(examples=["08:00"])
    zone: str = Field(max_length=64, description="IANA time zone.", examples=["Asia/Shanghai"])

    @classmethod
    def of(cls, hours: ports.QuietHours) -> Self:
        return cls(from_time=f"{hours.start:%H:%M}", until_time=f"{hours.end:%H:%M}", zone=hours.zone)

    def hours(self) -> ports.QuietHours:
        """Return them as the domain knows them."""
        return ports.QuietHours(time.fromisoformat(self.from_time), time.fromisoformat(self.until_time), self.zone)


class Digest(Wire):
    """What you are told of once a day by one notice, as a merchant; each by itself can be read in the list at once."""

    kinds: list[Kind] = Field(min_length=1, max_length=20, examples=[["order.confirmed.merchant"]])
    at_time: WallTime = Field(examples=["18:00"])
    zone: str = Field(max_length=64, description="IANA time zone.", examples=["Asia/Shanghai"])

    @classmethod
    def of(cls, digest: ports.Digest) -> Self:
        return cls(kinds=sorted(digest.kinds), at_time=f"{digest.at:%H:%M}", zone=digest.zone)

    def digest(self) -> ports.Digest:
        """Return it as the domain knows it."""
        return ports.Digest(frozenset(self.kinds), time.fromisoformat(self.at_time), self.zone)


class Switch(Wire):
    """A kind of notice through a channel, on or off."""

    kind: Kind
    channel: ports.Channel
    on: bool

    def switch(self) -> ports.Switch:
        """Return it as the domain knows it."""
        return ports.Switch(self.kind, self.channel, self.on)


class NoticeKind(Switch):
    """One of all kinds of notices."""

    may_gather: bool = Field(description="Whether a merchant can have it in their digest.")

    weight: ports.Weight = Field(
        description="`must`: cannot be switched off, and comes at any hour. `now`: comes at any hour. `can_wait`: "
        "comes after quiet hours. What does not come can be read at `/v1/me/notices`."
    )


class Choices(Wire):
    """Which notices you get."""

    notices: list[NoticeKind]
    quiet_hours: QuietHours | None
    digest: Digest | None

    @classmethod
    def of(cls, choices: ports.Choices) -> Self:
        return cls(
            notices=[
                NoticeKind(
                    kind=kind,
                    channel=channel,
                    on=(kind, channel) not in choices.off,
                    weight=weight,
                    may_gather=ports.may_gather(kind),
                )
                for kind, weight in ports.KINDS.items()
                for channel in ports.Channel
            ],
            quiet_hours=QuietHours.of(choices.quiet) if choices.quiet else None,
            digest=Digest.of(choices.digest) if choices.digest else None,
        )


class ChoicesChange(Wire):
    """What to change; what is left out stays."""

    switches: list[Switch] = Field(default_factory=list, max_length=400)
    quiet_hours: QuietHours | None = Field(default_factory=left_out, description="null: none.")

    digest: Digest | None = Field(default_factory=left_out, description="null: none.")

    def gathered(self) -> ports.Digest | EllipsisType | None:
        """Return the digest as the domain knows it, `...` where it stays."""
        if "digest" not in self.model_fields_set:
            return ...
        return self.digest.digest() if self.digest else None

    def quiet(self) -> ports.QuietHours | EllipsisType | None:
        """Return the quiet hours as the domain knows them, `...` where they stay."""
        if "quiet_hours" not in self.model_fields_set:
            return ...
        return self.quiet_hours.hours() if self.quiet_hours else None
