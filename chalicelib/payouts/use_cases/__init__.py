"""Sending merchants their money, once, whatever crashes.

A posted settlement is considered (`consider`): what is carried leaves the merchant's account in the books and becomes a
payout, which is carried out (`carry_out`) by transfers, or waits to be gathered into a file for the bank (`gather`).
Every step is a transaction that a repeat either finds done or does; a task stands beside what is not finished, and a
run takes it up.
"""

from chalicelib.payouts.use_cases.approve import approve, decline
from chalicelib.payouts.use_cases.bank import BankOutcome, BatchWish, bank_file, batch, gather, settled
from chalicelib.payouts.use_cases.consider import consider
from chalicelib.payouts.use_cases.documents import invoice, statement
from chalicelib.payouts.use_cases.read import in_state, of_merchant, payout
from chalicelib.payouts.use_cases.run import Run, run
from chalicelib.payouts.use_cases.send import carry_out

__all__ = [
    "BankOutcome",
    "BatchWish",
    "Run",
    "approve",
    "bank_file",
    "batch",
    "carry_out",
    "consider",
    "decline",
    "gather",
    "in_state",
    "invoice",
    "of_merchant",
    "payout",
    "run",
    "settled",
    "statement",
]
