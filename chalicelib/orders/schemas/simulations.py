"""What a campaign would have cost, over the wire."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.coupons import ports
from chalicelib.coupons.schemas import Terms
from chalicelib.coupons.use_cases import Plan
from chalicelib.kit.errors import invalid
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import MOST_MONEY, Moment, MoneyOut

_ID = "[0-9a-z]{26}"
_MOST_BUDGET = 1_000_000 * MOST_MONEY


class PlanIn(Wire):
    """A campaign that is only thought of, and the month to try it on."""

    terms: Terms
    number: int | None = Field(
        default=None, ge=1, le=1_000_000, strict=True, description="How many coupons there would be; null: no end."
    )
    per_person: int = Field(default=1, ge=1, le=100, strict=True, description="Coupons that one customer would have.")
    money: int | None = Field(
        default=None, ge=1, le=_MOST_BUDGET, strict=True, description="The most that they would take off, minor units."
    )
    month: Annotated[str, Field(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2030-04"])] | None = Field(
        default=None, description="By the shop's clock, in UTC for all shops; null: the last one that is over."
    )

    def plan(self) -> Plan:
        """Return it as the domain knows it."""
        month = (int(self.month[:4]), int(self.month[5:])) if self.month else None
        return Plan(self.terms.domain(), self.number, self.per_person, self.money, month)


class SimulationIn(Wire):
    """Begin to try a campaign, or go on with one that is being tried."""

    plan: PlanIn | None = Field(default=None, description="To begin.")
    simulation_id: Annotated[str, Field(pattern=f"^sim_{_ID}$")] | None = Field(default=None, description="To go on.")

    def checked(self) -> Self:
        """Return it.

        Raises:
            Invalid: it says both, or neither.
        """
        if (self.plan is None) == (self.simulation_id is None):
            raise invalid("plan", "say either plan or simulation_id")
        return self


class Simulation(Wire):
    """What a campaign would have cost, on the orders looked at so far. Each customer has a coupon more and uses it with
    the first orders that it fits, at the prices before the coupons that were really used; orders that came to nothing
    are left out.
    """

    id: str = Field(examples=["sim_01jd3x9k5r8m2q7w4t6y0z1abc"])
    state: ports.SimulationState = Field(
        description="running: ask again with `simulation_id`; full: more customers than it can remember, it ends here."
    )
    since: Moment
    until: Moment
    reached: Moment | None = Field(description="When the last order was made that was looked at.")
    orders: int = Field(description="Looked at.")
    hits: int = Field(description="Of them, how many would have had a coupon.")
    revenue: MoneyOut = Field(description="What the orders looked at cost their customers.")
    discount: MoneyOut = Field(description="What coupons would have taken off.")
    by_platform: MoneyOut = Field(description="What of that the platform would have borne.")
    by_merchant: MoneyOut = Field(description="And what the shops would have.")
    share_bps: int = Field(description="The discount, in basis points of the revenue.", examples=[150])

    @classmethod
    def of(cls, run: ports.Simulation) -> Self:
        currency = run.terms.currency
        return cls(
            id=run.id,
            state=run.state,
            since=run.since,
            until=run.until,
            reached=run.reached,
            orders=run.orders,
            hits=run.hits,
            revenue=MoneyOut(amount=run.revenue, currency=currency),
            discount=MoneyOut(amount=run.discount, currency=currency),
            by_platform=MoneyOut(amount=run.platform, currency=currency),
            by_merchant=MoneyOut(amount=run.merchant, currency=currency),
            share_bps=run.share_bps,
        )
