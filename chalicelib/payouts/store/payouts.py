"""Payouts and their legs; the keys are told in the package."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put, update
from chalicelib.kit.money import Money
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action, contended
from chalicelib.payouts.rules import Leg, LegState, Made, Payout, PayoutState
from chalicelib.settlement.ports import BankAccount, Route

_PAYOUT, _LEG = "PAYOUT", "LEG#"
SEALED = (SealedField("payouts", "bank", "payouts|{pk}|bank", _PAYOUT),)


class PayoutRow(Row):
    class Meta(TableMeta):
        table = "payouts"

    merchant_id = UnicodeAttribute()
    amount = NumberAttribute()
    currency = UnicodeAttribute()
    route = UnicodeAttribute()
    state = UnicodeAttribute()
    created_at = UnicodeAttribute()
    settlement_ids = UnicodeAttribute()  # JSON, like the next two: written and read whole
    bank = UnicodeAttribute(null=True)  # sealed
    approvers = UnicodeAttribute()
    destination = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    version = NumberAttribute()
    returned = NumberAttribute()
    sent_at = UnicodeAttribute(null=True)
    busy_until = UnicodeAttribute(null=True)
    named_by = UnicodeAttribute(null=True)  # JSON
    held_until = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute()
    gsi2sk = UnicodeAttribute()
    by_state = Gsi1()
    of_merchant = Gsi2()


class LegRow(Row):
    class Meta(TableMeta):
        table = "payouts"

    payment_id = UnicodeAttribute(null=True)
    amount = NumberAttribute()
    state = UnicodeAttribute()
    transfer_ref = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    reversed = NumberAttribute(default=0)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    of_charge = Gsi1()


def made(_row: object) -> Exception:
    """Refusal of what is there already."""
    return Made()


class Payouts:
    """See `payouts.ports.PayoutStore`.

    Args:
        sealer: makes what seals bank accounts, when one is written or read.
    """

    def __init__(self, sealer: Callable[[], Sealer]) -> None:
        self._sealer = sealer

    def save(self, payout: Payout) -> Action:
        stood = payout.version - 1
        condition = PayoutRow.version == stood if stood else PayoutRow.pk.does_not_exist()
        row = _payout_row(payout)
        if payout.bank is not None:
            row.bank = self._sealer().seal(json.dumps(asdict(payout.bank), ensure_ascii=False), _place(row.pk))
        return put(row, condition, contended if stood else made)

    def _payout(self, row: Any) -> Payout:
        payout = _payout(row)
        if row.bank is None:
            return payout
        return replace(payout, bank=BankAccount(**json.loads(self._sealer().open(row.bank, _place(row.pk)))))

    def payout(self, payout_id: str) -> Payout | None:
        return next(iter(self.payouts([payout_id])), None)

    def payouts(self, payout_ids: Sequence[str]) -> list[Payout]:
        keys = [(f"PAYOUT#{id_}", _PAYOUT) for id_ in payout_ids]
        found = {one.id: one for one in map(self._payout, PayoutRow.batch_get(keys, consistent_read=True))}
        return [found[id_] for id_ in payout_ids if id_ in found]

    def of_merchant(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Payout]:
        rows = PayoutRow.of_merchant.query(f"MERCHANT#{merchant_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, self._payout)

    def in_state(self, state: PayoutState, after: Mapping[str, Any] | None, limit: int) -> Page[Payout]:
        rows = PayoutRow.by_state.query(f"STATE#{state}", **paged(after, limit))
        return page_of(rows, self._payout)

    def ready_for_bank(self, currency: str) -> Iterable[str]:
        by_bank = (PayoutRow.route == Route.BANK.value) & (PayoutRow.currency == currency)
        rows = PayoutRow.by_state.query(f"STATE#{PayoutState.READY}", filter_condition=by_bank)
        return (row.pk.removeprefix("PAYOUT#") for row in rows)

    def put_legs(self, legs: Sequence[Leg]) -> list[Action]:
        return [
            put(
                LegRow(*_leg_key(leg), payment_id=leg.payment_id, amount=leg.amount, state=leg.state),
                LegRow.pk.does_not_exist(),
                made,
            )
            for leg in legs
        ]

    def legs(self, payout_id: str) -> list[Leg]:
        rows = LegRow.query(f"PAYOUT#{payout_id}", LegRow.sk.startswith(_LEG), consistent_read=True)
        return [_leg(row) for row in rows]

    def legs_page(self, payout_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Leg]:
        mine = LegRow.sk.startswith(_LEG)
        rows = LegRow.query(f"PAYOUT#{payout_id}", mine, consistent_read=True, **paged(after, limit))
        return page_of(rows, _leg)

    def leg(self, payout_id: str, leg_id: str) -> Leg | None:
        try:
            return _leg(LegRow.get(f"PAYOUT#{payout_id}", f"{_LEG}{leg_id}", consistent_read=True))
        except LegRow.DoesNotExist:
            return None

    def end_leg(self, leg: Leg) -> Action:
        changes: list[UpdateAction] = [LegRow.state.set(leg.state)]
        if leg.transfer_ref is not None:
            changes.append(LegRow.transfer_ref.set(leg.transfer_ref))
        if leg.reason is not None:
            changes.append(LegRow.reason.set(leg.reason))
        if leg.state == LegState.SENT and leg.payment_id is not None:
            changes += [LegRow.gsi1pk.set(f"CHARGE#{leg.payment_id}"), LegRow.gsi1sk.set(leg.id)]
        return update(LegRow(*_leg_key(leg)), changes, LegRow.state == LegState.READY, made)

    def take_back(self, leg: Leg, amount: int) -> Action:
        row = LegRow(*_leg_key(leg))
        return update(row, [LegRow.reversed.set(leg.reversed + amount)], LegRow.reversed == leg.reversed)

    def legs_of(self, payment_id: str) -> Iterable[Leg]:
        return map(_leg, LegRow.of_charge.query(f"CHARGE#{payment_id}"))


def _place(pk: str) -> str:
    """Return the place that a payout's bank account is sealed for."""
    return f"payouts|{pk}|bank"


def _leg_key(leg: Leg) -> tuple[str, str]:
    return f"PAYOUT#{leg.payout_id}", f"{_LEG}{leg.id}"


def _payout_row(payout: Payout) -> PayoutRow:
    created_at, money = iso(payout.created_at), payout.amount
    return PayoutRow(
        f"PAYOUT#{payout.id}",
        _PAYOUT,
        merchant_id=payout.merchant_id,
        amount=money.amount,
        currency=money.currency,
        route=payout.route,
        state=payout.state,
        created_at=created_at,
        settlement_ids=json.dumps(payout.settlement_ids),
        approvers=json.dumps(payout.approvers),
        destination=payout.destination,
        reference=payout.reference,
        reason=payout.reason,
        version=payout.version,
        returned=payout.returned,
        sent_at=iso_or_none(payout.sent_at),
        busy_until=iso_or_none(payout.busy_until),
        named_by=json.dumps(payout.named_by) if payout.named_by else None,
        held_until=iso_or_none(payout.held_until),
        gsi1pk=f"STATE#{payout.state}",
        gsi1sk=f"{created_at}#{payout.id}",
        gsi2pk=f"MERCHANT#{payout.merchant_id}",
        gsi2sk=f"{created_at}#{payout.id}",
    )


def _payout(row: Any) -> Payout:
    return Payout(
        id=row.pk.removeprefix("PAYOUT#"),
        merchant_id=row.merchant_id,
        amount=Money(int(row.amount), row.currency),
        route=Route(row.route),
        state=PayoutState(row.state),
        created_at=parse(row.created_at),
        settlement_ids=tuple(json.loads(row.settlement_ids)),
        destination=row.destination,
        approvers=tuple(json.loads(row.approvers)),
        reference=row.reference,
        reason=row.reason,
        version=int(row.version),
        returned=int(row.returned),
        sent_at=parse_or_none(row.sent_at),
        busy_until=parse_or_none(row.busy_until),
        named_by=tuple(json.loads(row.named_by or "[]")),
        held_until=parse_or_none(row.held_until),
    )


def _leg(row: Any) -> Leg:
    return Leg(
        id=row.sk.removeprefix(_LEG),
        payout_id=row.pk.removeprefix("PAYOUT#"),
        payment_id=row.payment_id,
        amount=int(row.amount),
        state=LegState(row.state),
        transfer_ref=row.transfer_ref,
        reason=row.reason,
        reversed=int(row.reversed),
    )
