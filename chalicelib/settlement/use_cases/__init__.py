"""What can be done about what merchants are owed."""

from chalicelib.settlement.use_cases.accrue import accrue, back_of_line
from chalicelib.settlement.use_cases.pay_out import (
    by_id,
    came_back,
    coming_back,
    dues_in,
    of_month,
    pay_out,
    to_pay_out,
)
from chalicelib.settlement.use_cases.read import Balance, balance, settlements, statement
from chalicelib.settlement.use_cases.run import Run, settle
from chalicelib.settlement.use_cases.terms import conditions_of, held_until, set_terms, share_of, terms_of

__all__ = [
    "Balance",
    "Run",
    "accrue",
    "back_of_line",
    "balance",
    "by_id",
    "came_back",
    "coming_back",
    "conditions_of",
    "dues_in",
    "held_until",
    "of_month",
    "pay_out",
    "set_terms",
    "settle",
    "settlements",
    "share_of",
    "statement",
    "terms_of",
    "to_pay_out",
]
