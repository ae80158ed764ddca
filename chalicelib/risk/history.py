"""What is known of payers and of accounts that pay, and what is suspicious about it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from chalicelib.risk.rules import Kind, Limit, Outcome, Window, logged, over

MOST_USES = 20  # of a payer that are kept
_BPS = 10_000


@dataclass(frozen=True)
class RefundLimit:
    """When refunds look like abuse: at least so many, and at least such a share of the payments.

    Attributes:
        days: how far back, by UTC dates, beside today.
        number: refunds.
        share_bps: refunds of payments, basis points.
        freezes: the account may not pay any more until somebody has looked; otherwise it is an alert alone.
    """

    days: int = 30
    number: int = 5
    share_bps: int = 5_000
    freezes: bool = False


# Money: what 50 000 yuan are about, set by hand and not by a rate; minor units.
_A_DAY = {
    "CNY": 5_000_000, "HKD": 5_500_000, "TWD": 22_000_000, "SGD": 1_000_000, "EUR": 650_000, "USD": 700_000,
    "GBP": 550_000, "AUD": 1_100_000, "JPY": 1_100_000, "KRW": 10_000_000,
}  # fmt: skip
_MINUTES, _HOUR, _DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Policy:
    """All limits in one table.

    A shop and an address are never refused: many honest people share one, and whoever wants a shop to sell nothing
    could use up its limit.

    Attributes:
        limits: by what is counted; a kind that is not there is not counted. A payer is never refused.
        duplicate_within: the same payer, shop and amount for another order within this looks like a mistake.
        accounts_of_a_payer: more accounts than this that pay with the same card or wallet are suspicious.
        payer_kept: how long a payer's use is remembered.
        refunds: when refunds look like abuse.

    Raises:
        ValueError: more would be counted of a payer than is kept.
    """

    limits: Mapping[Kind, Limit] = field(
        default_factory=lambda: {
            Kind.ACCOUNT: Limit((Window(_MINUTES, 8), Window(_DAY, 30)), Outcome.REFUSE, _A_DAY),
            Kind.DEVICE: Limit((Window(_MINUTES, 10), Window(_DAY, 40)), Outcome.REFUSE, _A_DAY),
            Kind.IP: Limit((Window(_MINUTES, 40),), Outcome.REVIEW),
            Kind.SHOP: Limit((Window(_MINUTES, 40),), Outcome.REVIEW),
            Kind.PAYER: Limit((Window(_HOUR, 6), Window(_DAY, 15)), Outcome.REVIEW, _A_DAY),
        }
    )
    duplicate_within: timedelta = timedelta(minutes=10)
    accounts_of_a_payer: int = 3
    payer_kept: timedelta = timedelta(days=30)
    refunds: RefundLimit = RefundLimit()

    def __post_init__(self) -> None:
        payer = self.limits.get(Kind.PAYER)
        if payer is not None and payer.size >= MOST_USES:
            raise ValueError(f"of a payer {MOST_USES} uses are kept: its limit must be lower")


@dataclass(frozen=True)
class Use:
    """One payment of a payer."""

    at: datetime
    order_id: str
    payment_id: str
    account_id: str
    shop_id: str
    amount: int
    currency: str

    def repeats(self, other: "Use", within: timedelta) -> bool:
        """Say whether it looks like another one made twice by mistake: only the orders differ."""
        is_alike = (self.shop_id, self.amount, self.currency) == (other.shop_id, other.amount, other.currency)
        return is_alike and self.order_id != other.order_id and abs(self.at - other.at) <= within


@dataclass(frozen=True)
class Payer:
    """What is known of a card or a wallet: its newest uses, newest first."""

    uses: tuple[Use, ...] = ()
    version: int = 0

    def used(self, use: Use, policy: Policy) -> "Payer":
        """Return it with one more use, without what is too old or too many."""
        uses = sorted((use, *self.uses), key=lambda one: one.at, reverse=True)
        fresh = [one for one in uses if one.at > use.at - policy.payer_kept]
        return Payer(tuple(fresh[:MOST_USES]), self.version + 1)

    def twice(self, use: Use, policy: Policy) -> Use | None:
        """Return the use that `use` looks like a repeat of, None where there is none."""
        return next((one for one in self.uses if use.repeats(one, policy.duplicate_within)), None)

    def is_hasty(self, limit: Limit) -> bool:
        """Say whether its newest use is over the limit."""
        shares = [(one.at, limit.share(one.amount, one.currency)) for one in self.uses]
        return bool(shares) and over(logged(shares), limit, shares[0][0])

    @property
    def accounts(self) -> list[str]:
        """The accounts that it paid for."""
        return sorted({one.account_id for one in self.uses})


@dataclass(frozen=True)
class History:
    """How often an account paid and was refunded, by UTC date."""

    paid: Mapping[date, int] = field(default_factory=dict)
    refunded: Mapping[date, int] = field(default_factory=dict)
    version: int = 0

    def payment(self, day: date, limit: RefundLimit) -> "History":
        """Return it with one more payment."""
        return self._next(day, limit, paid={**self.paid, day: self.paid.get(day, 0) + 1})

    def refund(self, day: date, limit: RefundLimit) -> "History":
        """Return it with one more refund."""
        return self._next(day, limit, refunded={**self.refunded, day: self.refunded.get(day, 0) + 1})

    def _next(self, day: date, limit: RefundLimit, **changed: Mapping[date, int]) -> "History":
        new = replace(self, version=self.version + 1, **changed)
        first = day - timedelta(days=limit.days)
        return replace(
            new,
            paid={one: count for one, count in new.paid.items() if one >= first},
            refunded={one: count for one, count in new.refunded.items() if one >= first},
        )

    def counts(self) -> tuple[int, int]:
        """Return how many payments and refunds there were."""
        return sum(self.paid.values()), sum(self.refunded.values())

    def is_abuse(self, limit: RefundLimit) -> bool:
        """Say whether there are too many refunds. Some may be of payments from before the time that is looked at."""
        paid, refunded = self.counts()
        return refunded >= limit.number and refunded * _BPS >= limit.share_bps * paid
