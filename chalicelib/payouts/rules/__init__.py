"""Payouts: their types, how they move, and what they are made of. No I/O."""

from chalicelib.payouts.rules.payout import (
    TRANSITIONS,
    ApprovalNeeded,
    Leg,
    LegState,
    Payout,
    PayoutState,
    legs,
    outcome,
)

__all__ = ["TRANSITIONS", "ApprovalNeeded", "Leg", "LegState", "Payout", "PayoutState", "legs", "outcome"]
