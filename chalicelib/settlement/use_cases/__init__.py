"""What can be done about what merchants are owed."""

from chalicelib.settlement.use_cases.accrue import accrue, back_of_line
from chalicelib.settlement.use_cases.read import Balance, balance, carried, dues_of, settlements, statement
from chalicelib.settlement.use_cases.run import Run, settle
from chalicelib.settlement.use_cases.terms import set_terms, share_of, terms_of

__all__ = [
    "Balance",
    "Run",
    "accrue",
    "back_of_line",
    "balance",
    "carried",
    "dues_of",
    "set_terms",
    "settle",
    "settlements",
    "share_of",
    "statement",
    "terms_of",
]
