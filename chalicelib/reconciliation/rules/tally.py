"""A day of a provider's account, held against the books. Order and repeats of what is added make no difference.

Kept of each movement are its id, an amount and the name of its transaction: a day of 100,000 with fees takes 127 MB.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date

from chalicelib.ledger.ports import Transaction
from chalicelib.payments.use_cases.account import Movement, MovementKind
from chalicelib.reconciliation.rules.case import CaseKind, Difference
from chalicelib.reconciliation.rules.movements import (
    COVERED,
    CREDITED,
    FAILED,
    PENDING,
    Part,
    gross,
    kept,
    names,
    on_account,
)
from chalicelib.reconciliation.rules.report import Figures


@dataclass(slots=True)
class Taken:
    """What moved under one transaction of the books: once, or something is wrong."""

    kind: MovementKind
    currency: str
    booked: int
    booked_on: date
    order_id: str | None
    movement_id: str
    provider_ref: str
    stated: int
    times: int = 1


class Tally:
    """Adds up a day's movements.

    Attributes:
        taken: by the transaction's id.
        missing: movements that the books have nothing of, by id.
        transit: refunds that the provider has paid and not confirmed yet, by movement id.
        failed: refunds that the books say have failed: what they left on the provider's account, by refund id.
        own: what we have to book ourselves and have not, by the transaction's id.
        ticked: further transactions whose movement was there: fees, payouts, what moved in another currency.
        wrong: what is wrong with those, by the id of the transaction or movement.
    """

    def __init__(self, provider: str, day: date, figures: dict[str, Figures]) -> None:
        self.provider, self.day, self.figures = provider, day, figures
        self.taken: dict[str, Taken] = {}
        self.missing: dict[str, Movement] = {}
        self.transit: dict[str, Movement] = {}
        self.failed: dict[str, list[Movement]] = {}
        self.own: dict[str, tuple[Movement, Part]] = {}
        self.ticked: set[str] = set()
        self.wrong: dict[str, Difference] = {}
        self._ids: set[str] = set()

    def of(self, currency: str) -> Figures:
        """Return the figures of a currency."""
        return self.figures.setdefault(currency, Figures())

    def add(self, movement: Movement, books: Mapping[str, Transaction]) -> None:
        """Add a movement and what the books have under its names."""
        if movement.id in self._ids:
            return
        self._ids.add(movement.id)
        self.of(movement.amount.currency).checked += 1
        part, fee = gross(movement), kept(movement)
        if fee is not None:
            self.of(movement.amount.currency).fees -= fee.amount
            self._own(movement, fee, books)
        if part is not None and movement.kind == MovementKind.PAYOUT:
            self.of(movement.amount.currency).to_bank -= part.amount
            self._own(movement, part, books)
        elif part is not None:
            self._gross(movement, part, books)
            return
        self.of(movement.amount.currency).matched += not self.wrong.keys() & names(movement)

    def add_again(self, movement: Movement, books: Mapping[str, Transaction]) -> bool:
        """Add a movement that the books did not have once more; return whether they have it now."""
        self.missing.pop(movement.id, None)
        self.transit.pop(movement.id, None)
        part = gross(movement)
        if part is not None:
            self._gross(movement, part, books)
        return movement.id not in self.missing and movement.id not in self.transit

    def has(self, transaction_id: str) -> bool:
        """Say whether a transaction's movement was there."""
        return transaction_id in self.taken or transaction_id in self.ticked

    def _own(self, movement: Movement, part: Part, books: Mapping[str, Transaction]) -> None:
        name = part.names[0]
        self.ticked.add(name)
        known = books.get(name)
        if known is None:
            self.own[name] = (movement, part)
        elif on_account(known, self.provider) != part.amount:
            booked = on_account(known, self.provider)
            self.wrong[name] = self.difference(CaseKind.AMOUNT_DIFFERS, movement, name, part.amount, booked)

    def _gross(self, movement: Movement, part: Part, books: Mapping[str, Transaction]) -> None:
        name = next((one for one in part.names if one in books), None)
        if name is None or name.startswith((COVERED, CREDITED)):
            self.missing[movement.id] = movement
        elif name.startswith(PENDING):
            self.transit[movement.id] = movement
        elif name.startswith(FAILED):
            self.failed.setdefault(name.removeprefix(FAILED), []).append(movement)
        else:
            self.take(movement, books[name])

    def take(self, movement: Movement, posted: Transaction) -> None:
        """Say that a transaction is what the books have of a movement."""
        if movement.amount.currency != posted.currency:
            stated = movement.amount.amount
            self.wrong[movement.id] = self.difference(CaseKind.AMOUNT_DIFFERS, movement, posted.id, stated)
            self.ticked.add(posted.id)
            return
        known = self.taken.get(posted.id)
        if known is not None:
            known.times += 1
            known.stated += movement.amount.amount
            if movement.id < known.movement_id:
                known.movement_id, known.provider_ref = movement.id, movement.ref
            return
        self.taken[posted.id] = Taken(
            kind=movement.kind,
            currency=movement.amount.currency,
            booked=on_account(posted, self.provider),
            booked_on=posted.at.astimezone(UTC).date(),
            order_id=posted.order_id,
            movement_id=movement.id,
            provider_ref=movement.ref,
            stated=movement.amount.amount,
        )

    def differs(self, name: str, taken: Taken, *, used: bool) -> Difference | None:
        """Return what is wrong with what moved under a transaction; `used`: on another day something did already."""
        booked = 0 if used else taken.booked
        if taken.times > 1 or used:
            kind = CaseKind.DOUBLE_CAPTURE if taken.kind == MovementKind.CHARGE else CaseKind.MOVED_TWICE
        elif taken.stated != booked:
            kind = CaseKind.AMOUNT_DIFFERS
        else:
            return None
        return Difference(
            kind=kind,
            part=self.provider,
            ref=name,
            currency=taken.currency,
            stated=taken.stated,
            booked=booked,
            transaction_id=name,
            order_id=taken.order_id,
            provider_ref=taken.provider_ref,
            moved=taken.kind.value,
        )

    def difference(
        self, kind: CaseKind, movement: Movement, name: str | None, stated: int, booked: int = 0
    ) -> Difference:
        """Return what is wrong with a movement."""
        return Difference(
            kind=kind,
            part=self.provider,
            ref=movement.id,
            currency=movement.amount.currency,
            stated=stated,
            booked=booked,
            transaction_id=name,
            provider_ref=movement.ref,
            moved=movement.kind.value,
        )
