"""Shops in campaigns of the platform, over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.coupons.use_cases import Joined as TheJoined
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment


class Joined(Wire):
    """A shop takes part in a campaign."""

    campaign_id: str = Field(examples=["cmp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: str = Field(examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    joined_at: Moment

    @classmethod
    def of(cls, joined: TheJoined) -> Self:
        return cls(**vars(joined))
