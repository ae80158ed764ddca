"""The payments table.

| row | pk | sk | gsi1 |
|---|---|---|---|
| payment | `PAY#<id>` | `PAY` | `ORDER#<order>` by time |
| refund | `REF#<id>` | `REF` | `ORDER#<order>` by time |
| worked event | `EVT#<provider's id>` | `EVT`, dies after 90 days | |

The provider repeats an event for up to 3 days; what is worked is remembered far longer.

| pattern | requests | units (small rows) |
|---|---|---|
| begin a payment | 1 put; then 1 transaction with the answer's row | 2 write; 5 write |
| acknowledge an event | 1 transaction (the outbox row) | 3 write |
| work a charge: event, payment, order; mark | 2 GetItem, orders' reads, 1 put | 1 read each; 1 write |
| move a payment | part of a transaction | 3 write |
| open a refund, end it | part of a transaction each; its reference in between | 3 write each; 2 write |
"""

from collections.abc import Iterable
from datetime import timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError, UpdateError

from chalicelib.kit.clock import Clock, iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put, update
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Action
from chalicelib.payments.rules import (
    Event,
    Method,
    Moved,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    states_before,
)

_PAY, _REF, _EVT = "PAY", "REF", "EVT"
_EVENTS_KEPT = timedelta(days=90)


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
    charge_ref = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
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
    refund_ref = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()


class EventRow(Row):
    class Meta(TableMeta):
        table = "payments"

    type = UnicodeAttribute()
    ref = UnicodeAttribute()
    worked_at = UnicodeAttribute()


def _moved(_row: object) -> Exception:
    return Moved()


class PaymentStore:
    """See `payments.ports.PaymentStore`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open(self, payment: Payment) -> None:
        row = PaymentRow(
            f"PAY#{payment.id}",
            _PAY,
            payment_id=payment.id,
            order_id=payment.order_id,
            customer_id=payment.customer_id,
            amount=payment.amount.amount,
            currency=payment.amount.currency,
            method=payment.method,
            state=payment.state,
            created_at=iso(payment.created_at),
            gsi1pk=f"ORDER#{payment.order_id}",
            gsi1sk=f"PAY#{iso(payment.created_at)}",
        )
        try:
            row.save(condition=PaymentRow.pk.does_not_exist())
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise

    def begun(self, payment: Payment) -> Action:
        # A notice may have overtaken the answer: then only the reference is new.
        return update(
            PaymentRow(f"PAY#{payment.id}", _PAY),
            [PaymentRow.charge_ref.set(payment.charge_ref or ""), PaymentRow.state.set(payment.state)],
            PaymentRow.state.is_in(PaymentState.CREATED, payment.state),
            lambda _row: Moved(),
        )

    def move(self, payment_id: str, state: PaymentState, charge_ref: str) -> Action:
        return update(
            PaymentRow(f"PAY#{payment_id}", _PAY),
            [PaymentRow.state.set(state), PaymentRow.charge_ref.set(charge_ref)],
            PaymentRow.state.is_in(*states_before(state)),
            _moved,
        )

    def payment(self, payment_id: str) -> Payment | None:
        try:
            return _payment(PaymentRow.get(f"PAY#{payment_id}", _PAY, consistent_read=True))
        except PaymentRow.DoesNotExist:
            return None

    def payments_of(self, order_id: str) -> Iterable[Payment]:
        return map(_payment, PaymentRow.of_order.query(f"ORDER#{order_id}", PaymentRow.gsi1sk.startswith("PAY#")))

    def open_refund(self, refund: Refund) -> Action:
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
            created_at=iso(refund.created_at),
            gsi1pk=f"ORDER#{refund.order_id}",
            gsi1sk=f"REF#{iso(refund.created_at)}",
        )
        return put(row, RefundRow.pk.does_not_exist(), _moved)

    def refund(self, refund_id: str) -> Refund | None:
        try:
            row = RefundRow.get(f"REF#{refund_id}", _REF, consistent_read=True)
        except RefundRow.DoesNotExist:
            return None
        return Refund(
            id=row.refund_id,
            order_id=row.order_id,
            payment_id=row.payment_id,
            amount=Money(int(row.amount), row.currency),
            reason=row.reason,
            state=RefundState(row.state),
            created_at=parse(row.created_at),
            refund_ref=row.refund_ref,
        )

    def move_refund(
        self, refund_id: str, state: RefundState, refund_ref: str, before: RefundState = RefundState.PENDING
    ) -> Action:
        return update(
            RefundRow(f"REF#{refund_id}", _REF),
            [RefundRow.state.set(state), RefundRow.refund_ref.set(refund_ref)],
            RefundRow.state == before,
            _moved,
        )

    def note_refund_ref(self, refund_id: str, refund_ref: str) -> None:
        try:
            RefundRow(f"REF#{refund_id}", _REF).update(
                [RefundRow.refund_ref.set(refund_ref)], condition=RefundRow.refund_ref.does_not_exist()
            )
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise

    def worked(self, event_id: str) -> bool:
        try:
            EventRow.get(f"EVT#{event_id}", _EVT, consistent_read=True)
        except EventRow.DoesNotExist:
            return False
        return True

    def mark_worked(self, event: Event) -> None:
        now = self._clock.now()
        dies = int((now + _EVENTS_KEPT).timestamp())
        EventRow(f"EVT#{event.id}", _EVT, type=event.type, ref=event.ref, worked_at=iso(now), expires_at=dies).save()


def _payment(row: PaymentRow) -> Payment:
    return Payment(
        id=row.payment_id,
        order_id=row.order_id,
        customer_id=row.customer_id,
        amount=Money(int(row.amount), row.currency),
        method=Method(row.method),
        state=PaymentState(row.state),
        created_at=parse(row.created_at),
        charge_ref=row.charge_ref,
    )
