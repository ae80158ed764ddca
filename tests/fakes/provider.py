"""A payment provider in memory: what `chalicelib.payments.ports` promises of providers, with its moods."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.rules import (
    STRIPE,
    BadSignature,
    Charge,
    DisputeState,
    Event,
    Method,
    Movement,
    MovementKind,
    PaymentRefused,
    PaymentState,
    ProviderDispute,
    ProviderRefund,
    RefundState,
)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class FakeProvider:
    """Charges, refunds, disputes and transfers by the caller's ids; `silent` answers are lost after the work is done.

    `fee_bps` of each charge is kept. `account` has every movement, as the provider's own books would.
    """

    def __init__(self, name=STRIPE, fee_bps=0, now=lambda: LONG_AGO) -> None:
        self.name, self.fee_bps, self._now = name, fee_bps, now
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, ProviderRefund] = {}
        self.disputes: dict[str, ProviderDispute] = {}
        self.transfers = {}
        self.reversals: dict[str, tuple[str, int]] = {}
        self.evidence: dict[str, str] = {}
        self.amounts: dict[str, int] = {}
        self.account: list[Movement] = []
        self.silent = 0
        self.loses = lambda: False  # whether the next answer is lost, asked at each
        self.refusing = False
        self.refund_outcome = RefundState.SUCCEEDED
        self.calls: list[str] = []
        self._numbers = itertools.count(1)
        self._by_key: dict[str, str] = {}
        self._charge_of: dict[str, str] = {}

    def charge(self, payment, way):
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

    def find_charge(self, payment):
        self._answer()
        return next((made for made in self.charges.values() if made.payment_id == payment.id), None)

    def refund(self, refund, payment):
        self.calls.append(f"refund {refund.id}")
        if self.refusing:
            raise PaymentRefused(reason="charge_already_refunded")
        if self._disputed(payment.charge_ref):
            raise PaymentRefused(reason="charge_disputed")
        ref = self._by_key.setdefault(refund.id, f"re_{next(self._numbers)}")
        if ref not in self.refunds:
            self.refunds[ref] = ProviderRefund(ref, self.refund_outcome, refund.id)
            self.amounts[ref] = refund.amount.amount
            self._charge_of[ref] = payment.charge_ref
            self._move(MovementKind.REFUND, ref, refund.id, -refund.amount.amount, refund.amount.currency)
        self._answer()
        return self.refunds[ref]

    def find_refund(self, refund, payment):
        self._answer()
        return next((made for made in self.refunds.values() if made.refund_id == refund.id), None)

    def refund_state(self, refund_ref):
        self._answer()
        return self.refunds[refund_ref]

    def dispute_state(self, dispute_ref):
        self._answer()
        return self.disputes[dispute_ref]

    def submit_evidence(self, dispute_ref, text):
        self.evidence.setdefault(dispute_ref, text)
        self.disputes[dispute_ref] = replace(self.disputes[dispute_ref], state=DisputeState.REVIEW)
        self._answer()

    def transfer(self, transfer):
        self.calls.append(f"transfer {transfer.id}")
        if self.refusing:
            raise PaymentRefused(reason="account_invalid")
        if transfer.id not in self.transfers:
            self._check_source(transfer)
            ref = f"tr_{next(self._numbers)}"
            self.transfers[transfer.id] = replace(transfer, ref=ref)
            self._move(MovementKind.TRANSFER, ref, transfer.id, -transfer.amount.amount, transfer.amount.currency)
        self._answer()
        return self.transfers[transfer.id]

    def _check_source(self, transfer):
        """No more can be sent of a charge than it brought, less what was sent of it and not taken back."""
        if transfer.charge_ref is None:
            return
        sent = [one for one in self.transfers.values() if one.charge_ref == transfer.charge_ref]
        room = self.charges[transfer.charge_ref].received.amount - sum(o.amount.amount - o.reversed for o in sent)
        if transfer.amount.amount > room:
            raise PaymentRefused(reason="transfer_source_balance_parameters_mismatch")

    def find_transfer(self, transfer):
        self._answer()
        return self.transfers.get(transfer.id)

    def reverse(self, transfer, reversal_id, amount):
        if reversal_id not in self.reversals:
            made = self.transfers[transfer.id]
            if amount > made.amount.amount - made.reversed:
                raise PaymentRefused(reason="amount_too_large")
            self.reversals[reversal_id] = (transfer.id, amount)
            self.transfers[transfer.id] = replace(made, reversed=made.reversed + amount)
            kind = MovementKind.TRANSFER_REVERSED
            self._move(kind, made.ref, reversal_id, amount, made.amount.currency)
        self._answer()

    def read_event(self, notice, now):
        if notice.headers.get("stripe-signature") != "good":
            raise BadSignature
        id_, subject, ref, type_ = notice.raw.decode().split("|")
        return Event(id_, subject, ref, type_, self.name)

    def movements(self, since, until):
        self._answer()
        return [one for one in self.account if since <= one.at < until]

    def customer_pays(self, ref, amount=None):
        """The customer does what the wallet or the card asks for."""
        charge = self.charges[ref]
        received = Money(self.amounts[ref] if amount is None else amount, charge.received.currency)
        if charge.state != PaymentState.SUCCEEDED:
            fee = (received.amount * self.fee_bps + 5000) // 10000
            self._move(MovementKind.CHARGE, ref, charge.payment_id, received.amount, received.currency, fee)
        self.charges[ref] = replace(charge, state=PaymentState.SUCCEEDED, received=received)

    def becomes(self, ref, state):
        self.charges[ref] = replace(self.charges[ref], state=state)

    def refund_becomes(self, ref, state):
        if state == RefundState.FAILED and self.refunds[ref].state != RefundState.FAILED:
            currency = self._currency_of(ref)
            self._move(MovementKind.REFUND_RETURNED, ref, self.refunds[ref].refund_id, self.amounts[ref], currency)
        self.refunds[ref] = replace(self.refunds[ref], state=state)

    def disputes_charge(self, charge_ref, amount=None, *, fee=0, reason="product_not_received", until=None):
        """The customer's bank takes a charge back; returns the dispute's reference."""
        charge, ref = self.charges[charge_ref], f"dp_{next(self._numbers)}"
        money = replace(charge.received, amount=charge.received.amount if amount is None else amount)
        told = ProviderDispute(ref, charge_ref, DisputeState.OPEN, money, fee, True, False, reason, until)
        self.disputes[ref] = told
        self._move(MovementKind.DISPUTE, ref, None, -money.amount, money.currency, fee)
        return ref

    def dispute_ends(self, ref, *, won):
        told = self.disputes[ref]
        self.disputes[ref] = replace(told, state=DisputeState.WON if won else DisputeState.LOST, reinstated=won)
        if won:
            money = told.amount
            self._move(MovementKind.DISPUTE_RETURNED, ref, None, money.amount, money.currency, -told.fee)

    def moves_by_itself(self, kind, ref, own_id, money, fee=0):
        """Something moves on the account that we know nothing of."""
        self._move(kind, ref, own_id, money.amount, money.currency, fee)

    def left_of(self, payment_id):
        """What of a payment neither went back nor was taken by a bank."""
        ref = next(ref for ref, charge in self.charges.items() if charge.payment_id == payment_id)
        back = sum(
            self.amounts[made.ref]
            for made in self.refunds.values()
            if made.state != RefundState.FAILED and self._charge_of[made.ref] == ref
        )
        kept = (DisputeState.WON, DisputeState.WARNING)
        taken = sum(
            one.amount.amount for one in self.disputes.values() if one.charge_ref == ref and one.state not in kept
        )
        return self.charges[ref].received.amount - back - taken

    def forgets_keys(self):
        """A day has passed: what is asked for under an old key is made anew."""
        self._by_key.clear()

    def _disputed(self, charge_ref):
        mine = [one for one in self.disputes.values() if one.charge_ref == charge_ref]
        return any(one.state != DisputeState.WON for one in mine)

    def _currency_of(self, ref):
        return next(one.amount.currency for one in self.account if one.ref == ref)

    def _move(self, kind, ref, own_id, amount, currency, fee=0):
        id_ = f"txn_{self.name}_{next(self._numbers)}"
        self.account.append(Movement(id_, self.name, kind, ref, own_id, Money(amount, currency), fee, self._now()))

    def _answer(self):
        if self.silent:
            self.silent -= 1
            raise Unavailable(retry_after=2)
        if self.loses():
            raise Unavailable(retry_after=2)
