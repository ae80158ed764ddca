"""Disputes: what a customer's bank takes back, and what is said against it."""

from datetime import UTC, datetime

import stripe

from chalicelib.payments.gateways.stripe.account import ONCE, Account, answering, id_of, ours
from chalicelib.payments.rules import DisputeState, ProviderDispute

# docs.stripe.com/api/disputes/object. An inquiry that is closed has moved no money: nothing is lost. What was prevented
# was given back to the customer by the network's own arrangement.
_STATES = {
    "warning_needs_response": DisputeState.WARNING,
    "warning_under_review": DisputeState.WARNING,
    "warning_closed": DisputeState.WON,
    "needs_response": DisputeState.OPEN,
    "under_review": DisputeState.REVIEW,
    "appeal_needs_response": DisputeState.OPEN,
    "appeal_under_review": DisputeState.REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "prevented": DisputeState.LOST,
}
_ASKED = "needs_response"  # how the states end in which the bank wants evidence


class Disputes(Account):
    """See `payments.ports.DisputeProvider`."""

    def dispute_state(self, dispute_ref: str) -> ProviderDispute:
        with answering():
            return _dispute(self._client.v1.disputes.retrieve(dispute_ref))

    def submit_evidence(self, dispute_ref: str, text: str) -> None:
        with answering():
            known = self._client.v1.disputes.retrieve(dispute_ref, {}, ONCE)
            # Once for an inquiry, once more if it becomes a dispute; of a key Stripe knows nothing after a day.
            if known.evidence_details.submission_count and not known.status.endswith(_ASKED):
                return
            self._client.v1.disputes.update(
                dispute_ref,
                {"evidence": {"uncategorized_text": text}, "submit": True},
                {**ONCE, "idempotency_key": f"evidence:{dispute_ref}:{known.status}"},
            )


def _dispute(dispute: stripe.Dispute) -> ProviderDispute:
    lines = dispute.balance_transactions
    withdrawn = any(line.amount < 0 for line in lines)
    due_by = dispute.evidence_details.due_by
    asked = dispute.status.endswith(_ASKED) and due_by
    return ProviderDispute(
        ref=dispute.id,
        charge_ref=id_of(dispute.payment_intent) or id_of(dispute.charge) or "",
        state=_STATES[dispute.status],
        amount=ours(dispute.amount, dispute.currency),
        # Given back, a fee is a negative one. It is in the currency of the account, like all that moves on it.
        fee=sum(ours(line.fee, line.currency).amount for line in lines),
        withdrawn=withdrawn,
        reinstated=withdrawn and sum(line.amount for line in lines) >= 0,
        reason=dispute.reason,
        evidence_until=datetime.fromtimestamp(due_by, UTC) if asked and due_by else None,
    )
