"""What one search may ask of the database: anybody may search, as often as they like.

Prices are told beforehand, from the directories; where these are old or missing a search may cost somewhat more.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.kit.errors import Invalid
from chalicelib.kit.i18n import Text


class SearchTooWide(Invalid):
    """To sort or count, all shops in reach must be read, and they are too many."""

    code = "search-too-wide"
    title = Text("The search is too wide", "搜索范围过大")
    detail = Text(
        "Too many shops are in reach to sort or count them. Narrow the radius or the box, or name a category.",
        "范围内商铺过多，无法排序或统计。请缩小半径或区域，或指定分类。",
    )


class Price(NamedTuple):
    """What reading something costs."""

    requests: int
    units: float


@dataclass(frozen=True)
class Budget:
    """What is left to spend.

    Attributes:
        requests: to the database.
        units: read units.
    """

    requests: float
    units: float

    def takes(self, price: Price) -> bool:
        """Tell whether there is enough left."""
        return price.requests <= self.requests and price.units <= self.units

    def less(self, price: Price) -> "Budget":
        """Return what is left then."""
        return Budget(self.requests - price.requests, self.units - price.units)


A_REQUEST = Budget(requests=60, units=100.0)
"""What one request of a customer may cost: some 3,400 cards."""

UNLIMITED = Budget(math.inf, math.inf)
