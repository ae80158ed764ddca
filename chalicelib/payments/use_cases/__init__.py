"""Taking money and giving it back.

A payment begins (`pay`), the provider's notice is recorded (`acknowledge`) and worked later (`work_event`), and the
browser's return reads the payment (`look`). All that moves a payment ends in `settle_charge`, which fetches the charge
from the provider and moves payment, order and books on in one transaction; a sweep (`look_again`) asks for what no
notice came of. Every refund, whoever wants it, begins as the orders' message `order.refund_due`.
"""

from chalicelib.payments.use_cases.charge import settle_charge
from chalicelib.payments.use_cases.dispute import Evidence, dispute, disputes_of, give_evidence, settle_dispute
from chalicelib.payments.use_cases.gift import balances, give
from chalicelib.payments.use_cases.notice import acknowledge, work_event
from chalicelib.payments.use_cases.pay import PayWish, look, of_order, pay
from chalicelib.payments.use_cases.refs import PaymentRefused, Transfer, charge_ref_of
from chalicelib.payments.use_cases.refund import RefundWish, again, refund, settle_refund
from chalicelib.payments.use_cases.sweep import Swept, look_again

__all__ = [
    "Evidence",
    "PayWish",
    "PaymentRefused",
    "RefundWish",
    "Swept",
    "Transfer",
    "acknowledge",
    "again",
    "balances",
    "charge_ref_of",
    "dispute",
    "disputes_of",
    "give",
    "give_evidence",
    "look",
    "look_again",
    "of_order",
    "pay",
    "refund",
    "settle_charge",
    "settle_dispute",
    "settle_refund",
    "work_event",
]
