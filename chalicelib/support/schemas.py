"""What acting for a customer says over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line
from chalicelib.support import use_cases


class ActIn(Wire):
    """As whom to act, and why."""

    customer_id: str = Field(pattern="^acc_[0-9a-z_]{1,60}$", examples=["acc_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    reason: Line = Field(min_length=1, max_length=LONGEST_REASON, examples=["Asked on the phone to move a booking."])


class Acting(Wire):
    """A token that acts as a customer."""

    access_token: str = Field(description="A JWT for the Authorization header; what is done with it is written down.")
    expires_in: int = Field(description="Seconds that it is good for; it ends with your own.", examples=[600])

    @classmethod
    def of(cls, made: use_cases.Acting) -> Self:
        return cls(access_token=made.token, expires_in=int(made.lasts.total_seconds()))
