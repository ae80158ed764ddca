"""Double entry: what a balanced transaction is, which accounts there are, and the transactions that money makes.

Signs: a debit is positive, a credit negative; every transaction's entries sum to zero in one currency. Money that we
owe (customers' money held, merchants' payable) therefore stands with a minus in the books and is shown with a plus.

Pending and posted: what is asked of somebody and not yet done lies on an account of its own (`refunds:pending`,
`payouts:pending`) from the moment it is asked for; it leaves it when it is done, or goes back.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money

PROVIDERS = ("provider:stripe", "provider:wechat", "provider:alipay")  # asset: what a provider holds for us
BANK = "platform:bank"  # asset: the operator's own bank account
HELD = "customers:held"  # liability: paid for, service not yet settled
CUSTOMERS = "customers:balance"  # liability, control account of every customer's own account
MERCHANTS = "merchants:payable"  # liability, control account of every merchant's own account
RESERVES = "merchants:reserve"  # liability, control account of what is kept back of merchants' money
CLAWBACK = "merchants:clawback"  # asset: given back to customers, not yet taken from the merchant
DISPUTES = "disputes:open"  # asset: what banks took, until the merchant bears it or the bank gives it back
REFUNDS = "refunds:pending"  # liability: refunds that the provider has not confirmed
PAYOUTS = "payouts:pending"  # liability: has left the merchant's account, and not yet ours
COMMISSION = "platform:commission"  # revenue
FEES = "platform:fees"  # revenue: fixed fees and subscriptions
TAX = "tax:commission"  # liability: the tax that merchants pay on both
COUPONS = "platform:coupons"  # expense: discounts that the platform pays
GIFTS = "platform:gifts"  # expense: balances given to customers
PROVIDER_FEES = "platform:provider-fees"  # expense
SUSPENSE = "suspense"  # what a person booked because nobody could explain it
CHART = (
    *PROVIDERS, BANK, HELD, CUSTOMERS, MERCHANTS, RESERVES, CLAWBACK, DISPUTES, REFUNDS, PAYOUTS, COMMISSION, FEES, TAX,
    COUPONS, GIFTS, PROVIDER_FEES, SUSPENSE,
)  # fmt: skip
_CONTROLS = {"merchant": MERCHANTS, "reserve": RESERVES, "customer": CUSTOMERS}


def merchant_account(merchant_id: str) -> str:
    """Return the name of a merchant's own account, part of `merchants:payable`."""
    return f"merchant:{merchant_id}"


def reserve_account(merchant_id: str) -> str:
    """Return the name of the account of what is kept back of a merchant's money, part of `merchants:reserve`."""
    return f"reserve:{merchant_id}"


def customer_account(customer_id: str) -> str:
    """Return the name of a customer's own account, part of `customers:balance`."""
    return f"customer:{customer_id}"


def provider_account(provider: str) -> str:
    """Return the name of the account of what a provider holds for us."""
    return f"provider:{provider}"


def _control(account: str) -> str | None:
    return _CONTROLS.get(account.partition(":")[0])


class AlreadyPosted(Conflict):
    """The books hold this transaction: the effect has happened."""

    code = "already-posted"
    title = Text("Already in the books", "已入账")


class Overdrawn(Conflict):
    code = "overdrawn"
    title = Text("The balance does not cover it", "余额不足")
    detail = Text("Choose another way to pay.", "请选择其他支付方式。")


@dataclass(frozen=True)
class Entry:
    """One movement, in minor units: positive is a debit, negative a credit."""

    account: str
    amount: int
    line_id: str | None = None


@dataclass(frozen=True)
class Transaction:
    """Movements that belong together and sum to zero.

    Attributes:
        id: says what happened (`capture:pay_...`), so that the same happening can be posted once only.
        kind: what of: capture, refund-done, settlement ...
        covered: own accounts that must have, as a credit, what this transaction takes from them.
    """

    id: str
    kind: str
    at: datetime
    currency: str
    entries: tuple[Entry, ...]
    order_id: str | None = None
    payment_id: str | None = None
    covered: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if sum(entry.amount for entry in self.entries) != 0:
            raise ValueError(f"transaction {self.id} does not balance")
        for entry in self.entries:
            if entry.account not in CHART and _control(entry.account) is None:
                raise ValueError(f"no account {entry.account}")
        for account in self.covered:
            if _control(account) is None:  # the balances of the chart are sharded: no condition can speak of one
                raise ValueError(f"{account} cannot be asked whether it covers anything")

    def movements(self) -> dict[str, int]:
        """Return the sum per account that moves, an own account and its control account both."""
        sums: Counter[str] = Counter()
        for entry in self.entries:
            sums[entry.account] += entry.amount
            control = _control(entry.account)
            if control is not None:
                sums[control] += entry.amount
        return {account: amount for account, amount in sums.items() if amount}

    def on_chart(self) -> dict[str, int]:
        """Return the sum per account of the chart that moves."""
        return {account: amount for account, amount in self.movements().items() if account in CHART}


def moved(
    id_: str,
    amount: Money,
    at: datetime,
    *,
    debit: str,
    credit: str,
    order_id: str | None = None,
    payment_id: str | None = None,
    covered: bool = False,
) -> Transaction:
    """Return the transaction that moves an amount from one account (`credit`) to another (`debit`). Its kind is the
    first part of its id. `covered`: the account that is debited must have as much to its credit.
    """
    entries = (Entry(debit, amount.amount), Entry(credit, -amount.amount))
    return Transaction(
        id_,
        id_.partition(":")[0],
        at,
        amount.currency,
        entries,
        order_id,
        payment_id,
        frozenset({debit}) if covered else frozenset(),
    )


class RefundStep(StrEnum):
    """How far a refund is."""

    PENDING = "pending"  # asked of the provider
    DONE = "done"  # it reached the customer
    FAILED = "failed"  # the provider could not: the money is the customer's, held by us
    RETURNED = "returned"  # it was done, and the customer's bank sent it back: likewise
    COVERED = "covered"  # it was never done: the customer's bank had taken the money already
    CREDITED = "credited"  # the provider never pays it: it is on the customer's balance


def refund_accounts(step: RefundStep, money: str) -> tuple[str, str]:
    """Return the accounts that one step of a refund that was asked for debits and credits; `money` is the account that
    pays: the provider's, or the customer's own.
    """
    return {
        RefundStep.DONE: (REFUNDS, money),
        RefundStep.FAILED: (REFUNDS, HELD),
        RefundStep.RETURNED: (money, HELD),
        RefundStep.COVERED: (REFUNDS, DISPUTES),
        RefundStep.CREDITED: (REFUNDS, money),
    }[step]
