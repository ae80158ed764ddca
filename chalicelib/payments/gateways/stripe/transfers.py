"""Money for merchants: transfers to their connected accounts, and what is taken back of them.

Every transfer stands in a group of its own charge, or of its own where it has none, so that it is found in a list of
few, however many transfers its merchant has had.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import stripe

from chalicelib.kit.money import Money
from chalicelib.payments.gateways.stripe.account import (
    ONCE,
    PAGE,
    Account,
    answering,
    id_of,
    insisting,
    ours,
    theirs,
    told,
)
from chalicelib.payments.rules import PaymentRefused, Transfer

if TYPE_CHECKING:
    from stripe.params import TransferCreateParams


class Transfers(Account):
    """See `payments.ports.TransferProvider`."""

    def transfer(self, transfer: Transfer) -> Transfer:
        params: TransferCreateParams = {
            "amount": theirs(transfer.amount),
            "currency": transfer.amount.currency.lower(),
            "destination": transfer.destination,
            "metadata": {"transfer_id": transfer.id},
        }
        with answering():
            params["transfer_group"], source = self._tied(transfer)
            if source is not None:
                params["source_transaction"] = source
            made = insisting(
                f"tr:{transfer.id}",
                lambda key: self._client.v1.transfers.create(params, {**ONCE, "idempotency_key": key}),
            )
        return _known(transfer, made)

    def find_transfer(self, transfer: Transfer) -> Transfer | None:
        with answering() as call:
            group, _ = self._tied(transfer)
            listed = self._client.v1.transfers.list(
                {"transfer_group": group, "destination": transfer.destination, "limit": PAGE}, ONCE
            )
            made = call.read(listed.auto_paging_iter())
            return next((_known(transfer, one) for one in made if told(one, "transfer_id") == transfer.id), None)

    def reverse(self, transfer: Transfer, reversal_id: str, amount: int) -> None:
        ref = transfer.ref or ""
        with answering() as call:
            listed = self._client.v1.transfers.reversals.list(ref, {"limit": PAGE}, ONCE)
            # Stripe forgets the key after a day.
            if any(told(one, "reversal_id") == reversal_id for one in call.read(listed.auto_paging_iter())):
                return
            insisting(
                f"trr:{reversal_id}",
                lambda key: self._client.v1.transfers.reversals.create(
                    ref,
                    {
                        "amount": theirs(Money(amount, transfer.amount.currency)),
                        "metadata": {"reversal_id": reversal_id, "transfer_id": transfer.id},
                    },
                    {**ONCE, "idempotency_key": key},
                ),
            )

    def _tied(self, transfer: Transfer) -> tuple[str, str | None]:
        """Return the group in which a transfer stands, and the charge that it draws on before that one is settled.

        Raises:
            PaymentRefused: nothing was paid: it would draw on what belongs to others.
        """
        if transfer.charge_ref is None:
            return transfer.id, None
        intent = self._client.v1.payment_intents.retrieve(transfer.charge_ref, {}, ONCE)
        if intent.status != "succeeded":
            raise PaymentRefused(reason="charge_not_paid")
        return intent.transfer_group or transfer.id, id_of(intent.latest_charge)


def _known(transfer: Transfer, made: stripe.Transfer) -> Transfer:
    return replace(
        transfer,
        amount=ours(made.amount, made.currency),
        ref=made.id,
        reversed=ours(made.amount_reversed, made.currency).amount,
    )
