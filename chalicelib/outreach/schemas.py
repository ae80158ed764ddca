"""Tags, wishes and texts to many over the wire."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Line, Moment, MoneyOut, PageQuery
from chalicelib.outreach import ports
from chalicelib.outreach.rules.content import LONGEST
from chalicelib.outreach.rules.outreach import FASTEST, LEAST, PACE, SLOWEST
from chalicelib.outreach.rules.tags import LONGEST as LONGEST_TAG
from chalicelib.outreach.rules.tags import MOST_OF_CUSTOMER
from chalicelib.outreach.rules.telling import Told, told

Tag = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=LONGEST_TAG,
        description="What a merchant calls a group of its customers; kept in lower case. No place for notes about one.",
        examples=["regular", "烫染"],
    ),
]


class TagChange(Wire):
    """Tags that a customer gets, and that they lose."""

    add: list[Tag] = Field(default_factory=list, max_length=MOST_OF_CUSTOMER)
    remove: list[Tag] = Field(default_factory=list, max_length=MOST_OF_CUSTOMER)
    order_id: str | None = Field(
        default=None,
        max_length=64,
        description="An order by which they bought from you; needed for their first tag.",
        examples=["ord_01jd8x2n7v4k9x3c6z0b8d1f2g"],
    )


class TaggedCustomer(Wire):
    """A customer with the tags that you gave them."""

    customer_id: str = Field(examples=["acc_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    tags: list[Tag] = Field(description="None: they have none left.")
    tagged_at: Moment | None = Field(description="When they were changed last; null where there are none left.")

    @classmethod
    def of(cls, tagged: ports.Tagged) -> Self:
        return cls(customer_id=tagged.customer_id, tags=list(tagged.tags), tagged_at=tagged.tagged_at)

    @classmethod
    def none(cls, customer_id: str) -> Self:
        return cls(customer_id=customer_id, tags=[], tagged_at=None)


class TagCount(Wire):
    """A tag, and how many have it."""

    tag: Tag
    customers: int = Field(examples=[42])


class TaggedCustomers(Wire):
    """Some customers with tags, and all tags that there are."""

    items: list[TaggedCustomer]
    tags: list[TagCount] = Field(description="All of your tags.")
    customers: int = Field(description="How many customers have any.", examples=[80])
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[ports.Tagged], tally: ports.Tally, cursor: str | None) -> Self:
        return cls(
            items=[TaggedCustomer.of(one) for one in page.items],
            tags=[TagCount(tag=tag, customers=number) for tag, number in sorted(tally.counts.items())],
            customers=tally.customers,
            next_cursor=cursor,
        )


class TaggedQuery(PageQuery):
    """Which customers."""

    tag: Tag | None = Field(default=None, description="Only those who have it.")


class OffersIn(Wire):
    """Whether you want offers of a shop's merchant."""

    wanted: bool


class OffersWish(Wire):
    """What you said about the offers of a merchant."""

    shop_id: str = Field(
        description="The shop where you said it; it holds for all shops of its merchant.",
        examples=["shp_01jd8x2n7v4k9x3c6z0b8d1f2g"],
    )
    wanted: bool
    said_at: Moment

    @classmethod
    def of(cls, wish: ports.Wish) -> Self:
        return cls(shop_id=wish.shop_id, wanted=wish.wanted, said_at=wish.said[-1][0])


class OffersWishes(Wire):
    """What you said about merchants' offers. Of all others: as you said about `marketing` at `/v1/me/consents`."""

    items: list[OffersWish]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[ports.Wish], cursor: str | None) -> Self:
        return cls(items=[OffersWish.of(one) for one in page.items], next_cursor=cursor)


class OutreachText(Wire):
    """What is written, in both languages; each reader gets theirs, with the shop's name before it. No links but to
    this platform, no numbers and accounts elsewhere, no words that no advertising may have.
    """

    en: Line = Field(max_length=LONGEST["en"], examples=["Colour and cut for the price of a cut, all of May."])
    zh: Line = Field(max_length=LONGEST["zh"], examples=["五月染发送剪发，欢迎老顾客到店。"])


class OutreachIn(Wire):
    """A text to many."""

    name: Line = Field(min_length=1, max_length=60, description="What you call it.", examples=["五月老客回访"])
    tags: list[Tag] = Field(min_length=1, max_length=MOST_OF_CUSTOMER, description="Whoever has one of them is meant.")
    text: OutreachText
    coupon_campaign_id: str | None = Field(
        default=None,
        max_length=64,
        description="A campaign of the shop: its coupons are named in the text.",
        examples=["cmp_01jd8x2n7v4k9x3c6z0b8d1f2g"],
    )
    starts_at: Moment | None = Field(
        default=None,
        description="Not before; at once where it is left out. Offers go out from 10:00 to 20:00 by the shop's clock.",
    )
    per_hour: int = Field(
        default=PACE,
        ge=SLOWEST,
        le=FASTEST,
        description=f"How many customers get it in an hour, {LEAST} at a time at least.",
    )


_FIVES = f"In fives, rounded by lot; null where it is about fewer than {LEAST}, so that it tells of nobody."


class OutreachOut(Wire):
    """A text to many, and how far it has come."""

    id: str = Field(examples=["otr_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    shop_id: str
    name: str = Field(examples=["五月老客回访"])
    tags: list[Tag]
    text: OutreachText
    coupon_campaign_id: str | None
    starts_at: Moment
    per_hour: int = Field(examples=[PACE])
    state: Literal["sending", "done", "stopped"]
    tagged: int | None = Field(
        description=f"Customers with one of the tags; null while it is being sent. {_FIVES}", examples=[80]
    )
    sent: int | None = Field(
        description=f"Customers who got it; while it is being sent, as they were counted last. {_FIVES}", examples=[55]
    )
    created_at: Moment
    ended_at: Moment | None

    @classmethod
    def of(cls, outreach: ports.Outreach) -> Self:
        return cls.telling(outreach, told(outreach))

    @classmethod
    def telling(cls, outreach: ports.Outreach, counts: Told) -> Self:
        return cls(
            id=outreach.id,
            shop_id=outreach.shop_id,
            name=outreach.name,
            tags=list(outreach.tags),
            text=OutreachText(**outreach.text),
            coupon_campaign_id=outreach.coupon_campaign,
            starts_at=outreach.starts_at,
            per_hour=outreach.per_hour,
            state=outreach.state.value,
            tagged=counts.tagged,
            sent=counts.sent,
            created_at=outreach.created_at,
            ended_at=outreach.ended_at,
        )


class OutreachList(Wire):
    """Some texts to many, the newest first."""

    items: list[OutreachOut]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, items: Sequence[ports.Outreach], cursor: str | None) -> Self:
        return cls(items=[OutreachOut.of(one) for one in items], next_cursor=cursor)


class Excluded(Wire):
    """Customers who were meant and did not get it, by why; in fives."""

    no_consent: int = Field(description="They never said that they want offers, or that they want none.", examples=[20])
    switched_off: int = Field(description="They switched offers off.", examples=[5])
    blocked: int = Field(description="You block them, or they you.", examples=[0])
    heard_enough: int = Field(description="They were sent as many offers in seven days as anybody is.", examples=[5])
    too_many: int = Field(description="It has gone to as many as one may.", examples=[0])


class OutreachReport(Wire):
    """What came of a text to many. All numbers are in fives, each rounded by lot for itself, so that they may not add
    up; and none is told that is about fewer than ten people. So nobody learns from them what one person did, also not
    by writing again to all but one.
    """

    outreach: OutreachOut
    excluded: Excluded | None = Field(
        description="Null while it is being sent, and where fewer than ten customers have one of the tags."
    )
    counted_at: Moment | None = Field(
        description="When what follows was counted last: each hour while it is sent and two days more, then each day "
        "for two weeks; null before the first time, and while it is sent and fewer than ten got it."
    )
    delivered: int | None = Field(description="Taken by a channel. Null where fewer than ten got it.", examples=[50])
    read: int | None = Field(description="Looked at in the list of notices. Null likewise.", examples=[30])
    unsubscribed: int | None = Field(
        description="Who got it and wants no more of your offers. Null likewise.", examples=[0]
    )
    buyers: int | None = Field(
        description="Who got it and ordered in the shop afterwards. Null likewise. This, and what follows, is told two "
        "days after the end, and again with the last count.",
        examples=[15],
    )
    orders: int | None = Field(description="What these ordered. Null where fewer than ten people did.", examples=[20])
    coupons_used: int | None = Field(description="Of these, with one of its coupons. Null likewise.", examples=[10])
    revenue: MoneyOut | None = Field(
        description="What these orders cost, in two figures; what went back is not taken off. Null likewise."
    )

    @classmethod
    def of(cls, outreach: ports.Outreach) -> Self:
        counts = told(outreach)
        revenue = None if counts.revenue is None else MoneyOut(amount=counts.revenue, currency=outreach.currency)
        left_out = counts.left_out
        return cls(
            outreach=OutreachOut.telling(outreach, counts),
            excluded=None if left_out is None else Excluded(**{one.value: left_out[one] for one in left_out}),
            counted_at=outreach.report.at if outreach.report and counts.is_counted else None,
            delivered=counts.delivered,
            read=counts.read,
            unsubscribed=counts.unsubscribed,
            buyers=counts.buyers,
            orders=counts.orders,
            coupons_used=counts.coupons_used,
            revenue=revenue,
        )
