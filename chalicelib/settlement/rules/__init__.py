"""Dues, settlements and terms: what merchants are owed, and when. No I/O."""

from chalicelib.settlement.rules.dues import Cut, Due, DueKind, Share, by_merchant, cut, earned, taken_back
from chalicelib.settlement.rules.settlement import Settlement, SettlementState, Sums, settlement_id, sums
from chalicelib.settlement.rules.terms import (
    BankAccount,
    Period,
    Route,
    Terms,
    Tier,
    end_of,
    last_period,
    month_before,
    share,
    today,
)

__all__ = [
    "BankAccount",
    "Cut",
    "Due",
    "DueKind",
    "Period",
    "Route",
    "Settlement",
    "SettlementState",
    "Share",
    "Sums",
    "Terms",
    "Tier",
    "by_merchant",
    "cut",
    "earned",
    "end_of",
    "last_period",
    "month_before",
    "settlement_id",
    "share",
    "sums",
    "taken_back",
    "today",
]
