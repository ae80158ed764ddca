"""Nightly, a provider's account, the books and the orders are held against each other; what differs becomes a case."""

from chalicelib.reconciliation.use_cases.cases import assign, case, cases, close, review
from chalicelib.reconciliation.use_cases.run import nightly, report, reports, run

__all__ = ["assign", "case", "cases", "close", "nightly", "report", "reports", "review", "run"]
