"""What can be done with orders: one file a verb."""

from chalicelib.orders.use_cases.cancel import cancel, cancel_quote
from chalicelib.orders.use_cases.change import line_changed, line_declined
from chalicelib.orders.use_cases.deliver import line_completed, line_no_show
from chalicelib.orders.use_cases.expire import Swept, expire_holds
from chalicelib.orders.use_cases.extend import extend
from chalicelib.orders.use_cases.give_back import bank_gave, bank_took, give_back, giving
from chalicelib.orders.use_cases.hold import hold
from chalicelib.orders.use_cases.pay import Paid, paid, payable, refunded
from chalicelib.orders.use_cases.quote import Quote, quote
from chalicelib.orders.use_cases.read import get, mine, of_shop, read, reviewable, served, sold_since
from chalicelib.orders.use_cases.simulations import simulate, simulate_on

__all__ = [
    "Paid",
    "Quote",
    "Swept",
    "bank_gave",
    "bank_took",
    "cancel",
    "cancel_quote",
    "expire_holds",
    "extend",
    "get",
    "give_back",
    "giving",
    "hold",
    "line_changed",
    "line_completed",
    "line_declined",
    "line_no_show",
    "mine",
    "of_shop",
    "paid",
    "payable",
    "quote",
    "read",
    "refunded",
    "reviewable",
    "served",
    "simulate",
    "simulate_on",
    "sold_since",
]
