"""What risk needs from outside; also the types of this domain that others may use."""

from chalicelib.risk.cases import Alert, AlertKind, Freeze, Note
from chalicelib.risk.history import Policy
from chalicelib.risk.ports.payments import Attempt, Counted, Paid, Refunded, Subject
from chalicelib.risk.ports.sign_ins import Located, Locator, SignIn, SignInPorts, SignInStore, Try, Verdict
from chalicelib.risk.ports.stores import FreezingPorts, RiskPorts, RiskStore, Sessions, Wanted
from chalicelib.risk.problems import Frozen, PaymentVelocity, SignInFrozen, SlowDown
from chalicelib.risk.sign_ins import Position, Ruling, Sign, SignInPolicy

__all__ = [
    "Alert",
    "AlertKind",
    "Attempt",
    "Counted",
    "Freeze",
    "FreezingPorts",
    "Frozen",
    "Located",
    "Locator",
    "Note",
    "Paid",
    "PaymentVelocity",
    "Policy",
    "Position",
    "Refunded",
    "RiskPorts",
    "RiskStore",
    "Ruling",
    "Sessions",
    "Sign",
    "SignIn",
    "SignInFrozen",
    "SignInPolicy",
    "SignInPorts",
    "SignInStore",
    "SlowDown",
    "Subject",
    "Try",
    "Verdict",
    "Wanted",
]
