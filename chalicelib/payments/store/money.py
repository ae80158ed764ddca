"""Payments and refunds."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, code_of, put, update
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Action
from chalicelib.payments.rules import (
    STRIPE,
    Method,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    states_before,
)
from chalicelib.payments.store.rows import got, moved, perhaps, shard

_PAY, _REF = "PAY", "REF"
_SOON = timedelta(minutes=5)  # notices come within seconds: until then nobody has to ask
_FINAL = {PaymentState.SUCCEEDED, PaymentState.CANCELLED}


class PaymentRow(Row):
    class Meta(TableMeta):
        table = "payments"

    payment_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    method = UnicodeAttribute()
    state = UnicodeAttribute()
    created_at = UnicodeAttribute()
    provider = UnicodeAttribute(default=STRIPE)
    charge_ref = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    of_order = Gsi1()


class RefundRow(Row):
    class Meta(TableMeta):
        table = "payments"

    refund_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    reason = UnicodeAttribute()
    state = UnicodeAttribute()
    created_at = UnicodeAttribute()
    provider = UnicodeAttribute(default=STRIPE)
    refund_ref = UnicodeAttribute(null=True)
    by_customer = BooleanAttribute(null=True)
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    of_order = Gsi1()


class OnItsWayRow(Row):
    """A payment or a refund, as the second index finds it."""

    class Meta(TableMeta):
        table = "payments"

    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    on_their_way = Gsi2()


class MoneyRows:
    """The part of `payments.ports.PaymentStore` about payments and refunds."""

    def open(self, payment: Payment) -> None:
        try:
            _payment_row(payment).save(condition=PaymentRow.pk.does_not_exist())
        except PutError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def opened(self, payment: Payment) -> Action:
        return put(_payment_row(payment), PaymentRow.pk.does_not_exist(), moved)

    def begun(self, payment: Payment) -> Action:
        # A notice may have overtaken the answer: then only the reference is new.
        return update(
            PaymentRow(f"PAY#{payment.id}", _PAY),
            [PaymentRow.charge_ref.set(payment.charge_ref or ""), PaymentRow.state.set(payment.state)],
            PaymentRow.state.is_in(PaymentState.CREATED, payment.state),
            moved,
        )

    def move(self, payment_id: str, state: PaymentState, charge_ref: str) -> Action:
        changes: list[UpdateAction] = [PaymentRow.state.set(state), PaymentRow.charge_ref.set(charge_ref)]
        if state in _FINAL:
            changes += [PaymentRow.gsi2pk.remove(), PaymentRow.gsi2sk.remove()]
        row = PaymentRow(f"PAY#{payment_id}", _PAY)
        return update(row, changes, PaymentRow.state.is_in(*states_before(state)), moved)

    def payment(self, payment_id: str) -> Payment | None:
        return got(PaymentRow, f"PAY#{payment_id}", _PAY, _payment)

    def payments_of(self, order_id: str) -> Iterable[Payment]:
        return map(_payment, PaymentRow.of_order.query(f"ORDER#{order_id}", PaymentRow.gsi1sk.startswith("PAY#")))

    def open_refund(self, refund: Refund) -> Action:
        created_at = iso(refund.created_at)
        row = RefundRow(
            f"REF#{refund.id}",
            _REF,
            refund_id=refund.id,
            order_id=refund.order_id,
            payment_id=refund.payment_id,
            amount=refund.amount.amount,
            currency=refund.amount.currency,
            reason=refund.reason,
            state=refund.state,
            created_at=created_at,
            provider=refund.provider,
            by_customer=refund.by_customer or None,
            gsi1pk=f"ORDER#{refund.order_id}",
            gsi1sk=f"REF#{created_at}#{refund.id}",
            gsi2pk=f"WAY#{shard(refund.id)}",
            gsi2sk=iso(refund.created_at + _SOON),
        )
        return put(row, RefundRow.pk.does_not_exist(), moved)

    def refund(self, refund_id: str) -> Refund | None:
        return got(RefundRow, f"REF#{refund_id}", _REF, _refund)

    def refunds_of(self, order_id: str) -> Iterable[Refund]:
        return map(_refund, RefundRow.of_order.query(f"ORDER#{order_id}", RefundRow.gsi1sk.startswith("REF#")))

    def move_refund(
        self, refund_id: str, state: RefundState, refund_ref: str | None, before: RefundState = RefundState.PENDING
    ) -> Action:
        changes: list[UpdateAction] = [RefundRow.state.set(state)]
        if refund_ref is not None:
            changes.append(RefundRow.refund_ref.set(refund_ref))
        if state not in {RefundState.PENDING, RefundState.WAITING}:
            changes += [RefundRow.gsi2pk.remove(), RefundRow.gsi2sk.remove()]
        return update(RefundRow(f"REF#{refund_id}", _REF), changes, RefundRow.state == before, moved)

    def note_refund_ref(self, refund_id: str, refund_ref: str) -> None:
        perhaps(
            RefundRow(f"REF#{refund_id}", _REF),
            [RefundRow.refund_ref.set(refund_ref)],
            RefundRow.refund_ref.does_not_exist(),
        )

    def on_their_way(self, shard: int, until: datetime, limit: int) -> Iterable[Payment | Refund]:
        found = OnItsWayRow.on_their_way.query(f"WAY#{shard}", OnItsWayRow.gsi2sk < iso(until), limit=limit)
        for row in found:
            kind, _, id_ = row.pk.partition("#")
            one = self.payment(id_) if kind == _PAY else self.refund(id_)
            if one is not None:
                yield one

    def look_later(self, one: Payment | Refund, at: datetime | None) -> None:
        key = (f"PAY#{one.id}", _PAY) if isinstance(one, Payment) else (f"REF#{one.id}", _REF)
        changes: list[UpdateAction] = (
            [OnItsWayRow.gsi2sk.set(iso(at))]
            if at is not None
            else [OnItsWayRow.gsi2pk.remove(), OnItsWayRow.gsi2sk.remove()]
        )
        perhaps(OnItsWayRow(*key), changes, OnItsWayRow.gsi2pk.exists())


def _payment_row(payment: Payment) -> PaymentRow:
    created_at = iso(payment.created_at)
    open_ = payment.state not in _FINAL
    return PaymentRow(
        f"PAY#{payment.id}",
        _PAY,
        payment_id=payment.id,
        order_id=payment.order_id,
        customer_id=payment.customer_id,
        amount=payment.amount.amount,
        currency=payment.amount.currency,
        method=payment.method,
        state=payment.state,
        created_at=created_at,
        provider=payment.provider,
        charge_ref=payment.charge_ref,
        gsi1pk=f"ORDER#{payment.order_id}",
        gsi1sk=f"PAY#{created_at}#{payment.id}",
        gsi2pk=f"WAY#{shard(payment.id)}" if open_ else None,
        gsi2sk=iso(payment.created_at + _SOON) if open_ else None,
    )


def _payment(row: Any) -> Payment:
    return Payment(
        id=row.payment_id,
        order_id=row.order_id,
        customer_id=row.customer_id,
        amount=Money(int(row.amount), row.currency),
        method=Method(row.method),
        state=PaymentState(row.state),
        created_at=parse(row.created_at),
        provider=row.provider,
        charge_ref=row.charge_ref,
    )


def _refund(row: Any) -> Refund:
    return Refund(
        id=row.refund_id,
        order_id=row.order_id,
        payment_id=row.payment_id,
        amount=Money(int(row.amount), row.currency),
        reason=row.reason,
        state=RefundState(row.state),
        created_at=parse(row.created_at),
        provider=row.provider,
        refund_ref=row.refund_ref,
        by_customer=bool(row.by_customer),
    )
