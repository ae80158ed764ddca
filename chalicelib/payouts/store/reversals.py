"""Reversals; the keys are told in the package."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kit.dynamo import Row, TableMeta, put, update
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Action
from chalicelib.payouts.rules import Reversal, ReversalState
from chalicelib.payouts.store.payouts import made


class ReversalRow(Row):
    class Meta(TableMeta):
        table = "payouts"

    merchant_id = UnicodeAttribute()
    settlement_id = UnicodeAttribute()
    payout_id = UnicodeAttribute()
    leg_id = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    state = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)


class Reversals:
    """See `payouts.ports.PayoutStore`."""

    def plan(self, reversal: Reversal) -> Action:
        row = _row(reversal)
        row.merchant_id, row.settlement_id = reversal.merchant_id, reversal.settlement_id
        row.payout_id, row.leg_id, row.payment_id = reversal.payout_id, reversal.leg_id, reversal.payment_id
        row.amount, row.currency, row.state = reversal.amount.amount, reversal.amount.currency, reversal.state
        return put(row, ReversalRow.pk.does_not_exist(), made)

    def end_reversal(self, reversal: Reversal) -> Action:
        changes: list[UpdateAction] = [ReversalRow.state.set(reversal.state)]
        if reversal.reason is not None:
            changes.append(ReversalRow.reason.set(reversal.reason))
        return update(_row(reversal), changes, ReversalRow.state == ReversalState.READY, made)

    def reversals(self, merchant_id: str, settlement_id: str) -> list[Reversal]:
        rows = ReversalRow.query(f"REVERSED#{merchant_id}#{settlement_id}", consistent_read=True)
        return [_reversal(row) for row in rows]


def _row(reversal: Reversal) -> ReversalRow:
    return ReversalRow(f"REVERSED#{reversal.merchant_id}#{reversal.settlement_id}", reversal.id)


def _reversal(row: Any) -> Reversal:
    return Reversal(
        id=row.sk,
        merchant_id=row.merchant_id,
        settlement_id=row.settlement_id,
        payout_id=row.payout_id,
        leg_id=row.leg_id,
        payment_id=row.payment_id,
        amount=Money(int(row.amount), row.currency),
        state=ReversalState(row.state),
        reason=row.reason,
    )
