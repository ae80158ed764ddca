"""What other domains ask risk, and what people do about it."""

from chalicelib.risk.use_cases.cases import alert, alerts, assign, close, freeze, freezes, note, unfreeze
from chalicelib.risk.use_cases.holds import held, released, unless_frozen
from chalicelib.risk.use_cases.payments import attempt, frozen_payouts, paid, refunded
from chalicelib.risk.use_cases.sign_ins import device, sign_in_failed, signing_in, trying
from chalicelib.risk.use_cases.traces import Trace, devices, trace

__all__ = [
    "Trace",
    "alert",
    "alerts",
    "assign",
    "attempt",
    "close",
    "device",
    "devices",
    "freeze",
    "freezes",
    "frozen_payouts",
    "held",
    "note",
    "paid",
    "refunded",
    "released",
    "sign_in_failed",
    "signing_in",
    "trace",
    "trying",
    "unfreeze",
    "unless_frozen",
]
