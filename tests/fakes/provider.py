"""A payment provider in memory: what `chalicelib.payments.ports.PaymentProvider` promises, with its moods."""

import itertools
from dataclasses import replace

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.rules import (
    BadSignature,
    Charge,
    Event,
    Method,
    PaymentRefused,
    PaymentState,
    ProviderRefund,
    RefundState,
)


class FakeProvider:
    """Charges and refunds by the caller's ids; `silent` answers are lost after the work is done."""

    def __init__(self) -> None:
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, ProviderRefund] = {}
        self.amounts: dict[str, int] = {}
        self.silent = 0
        self.refusing = False
        self.refund_outcome = RefundState.SUCCEEDED
        self.calls: list[str] = []
        self._numbers = itertools.count(1)
        self._by_key: dict[str, str] = {}

    def charge(self, payment, return_url):
        self.calls.append(f"charge {payment.id}")
        if self.refusing:
            raise PaymentRefused(reason="amount_too_small")
        ref = self._by_key.setdefault(payment.id, f"pi_{next(self._numbers)}")
        state = PaymentState.CREATED if payment.method == Method.CARD else PaymentState.REQUIRES_ACTION
        url = None if payment.method == Method.CARD else f"https://wallet.example/{ref}"
        self.charges.setdefault(
            ref, Charge(ref, state, Money(0, payment.amount.currency), payment.id, f"{ref}_secret_1", url)
        )
        self.amounts[ref] = payment.amount.amount
        self._answer()
        return self.charges[ref]

    def charge_state(self, charge_ref):
        self._answer()
        return self.charges[charge_ref]

    def refund(self, refund, charge_ref):
        self.calls.append(f"refund {refund.id}")
        if self.refusing:
            raise PaymentRefused(reason="charge_already_refunded")
        ref = self._by_key.setdefault(refund.id, f"re_{next(self._numbers)}")
        self.refunds.setdefault(ref, ProviderRefund(ref, self.refund_outcome, refund.id))
        self.amounts[ref] = refund.amount.amount
        self._answer()
        return self.refunds[ref]

    def find_refund(self, refund, charge_ref):
        self._answer()
        return next((made for made in self.refunds.values() if made.refund_id == refund.id), None)

    def refund_state(self, refund_ref):
        self._answer()
        return self.refunds[refund_ref]

    def read_event(self, raw, signature, now):
        if signature != "good":
            raise BadSignature
        id_, subject, ref, type_ = raw.decode().split("|")
        return Event(id_, subject, ref, type_)

    def customer_pays(self, ref, amount=None):
        """The customer does what the wallet or the card asks for."""
        charge = self.charges[ref]
        received = Money(self.amounts[ref] if amount is None else amount, charge.received.currency)
        self.charges[ref] = replace(charge, state=PaymentState.SUCCEEDED, received=received)

    def becomes(self, ref, state):
        self.charges[ref] = replace(self.charges[ref], state=state)

    def refund_becomes(self, ref, state):
        self.refunds[ref] = replace(self.refunds[ref], state=state)

    def forgets_keys(self):
        """A day has passed: what is asked for under an old key is made anew."""
        self._by_key.clear()

    def _answer(self):
        if self.silent:
            self.silent -= 1
            raise Unavailable(retry_after=2)
