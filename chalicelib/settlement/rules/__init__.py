"""Dues, settlements and terms: what merchants are owed, and when. No I/O."""

from chalicelib.settlement.rules.dues import Cut, Due, DueKind, Share, cut, earned, taken_back
from chalicelib.settlement.rules.settlement import PaidOut, Settlement, SettlementState, Sums, settlement_id, sums
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
    subscribed,
    today,
    volume_until,
    whole,
)

__all__ = [
    "BankAccount",
    "Cut",
    "Due",
    "DueKind",
    "PaidOut",
    "Period",
    "Route",
    "Settlement",
    "SettlementState",
    "Share",
    "Sums",
    "Terms",
    "Tier",
    "cut",
    "earned",
    "end_of",
    "last_period",
    "month_before",
    "settlement_id",
    "share",
    "subscribed",
    "sums",
    "taken_back",
    "today",
    "volume_until",
    "whole",
]
