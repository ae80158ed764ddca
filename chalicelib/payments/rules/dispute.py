"""A dispute as we follow it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money
from chalicelib.payments.rules.provider import DisputeState

# Higher never goes back to lower, whatever order events arrive in.
_RANK = {
    DisputeState.WARNING: 0,
    DisputeState.OPEN: 1,
    DisputeState.REVIEW: 2,
    DisputeState.WON: 3,
    DisputeState.LOST: 3,
}


class EvidenceTooLate(Conflict):
    code = "evidence-too-late"
    title = Text("Evidence is taken no more", "已不能再提交证据")
    detail = Text("The dispute is {state}.", "争议状态为 {state}。")


@dataclass(frozen=True)
class Dispute:
    """The customer's bank asks for a payment's money back.

    Attributes:
        id: `dis_...`, made of the provider's id.
        ref: the provider's id of it.
        evidence_until: when evidence has to be in.
        withdrawn, reinstated: the provider took the money from us, and gave it back; each is booked once.
        parts: by line id, what each line bears of it, minor units.
        covered: what of the rest stands for refunds that waited, once it was lost; minor units.
    """

    id: str
    provider: str
    ref: str
    order_id: str
    payment_id: str
    merchant_id: str
    amount: Money
    state: DisputeState
    reason: str
    created_at: datetime
    evidence_until: datetime | None = None
    withdrawn: bool = False
    reinstated: bool = False
    parts: Mapping[str, int] = field(default_factory=dict)
    covered: int = 0
    version: int = 1

    @property
    def is_over(self) -> bool:
        """Whether the bank has decided."""
        return self.state in {DisputeState.WON, DisputeState.LOST}

    @property
    def uncovered(self) -> int:
        """What no line bears, and no refund that it stands for, minor units: it went back already, or is on its way."""
        return self.amount.amount - sum(self.parts.values()) - self.covered


def advances(now: DisputeState, then: DisputeState) -> bool:
    """Say whether a dispute goes on from `now` to `then`."""
    return _RANK[then] > _RANK[now]
