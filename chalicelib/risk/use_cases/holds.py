"""What other domains have frozen, and lifted, in a transaction of their own."""

from datetime import datetime

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.clock import iso
from chalicelib.kit.transaction import Action
from chalicelib.risk.cases import Freeze
from chalicelib.risk.ports import RiskPorts


def held(ports: RiskPorts, subject: str, by: str, reason: str, now: datetime) -> list[Action]:
    """Return the writes that freeze a subject, and note it, for the transaction of what brings it; none where it is
    frozen. `by` is who freezes: `system:` and a domain.
    """
    if ports.store.freeze(subject) is not None:
        return []
    freeze = Freeze(subject, is_frozen=True, reason=reason, by=by, at=now)
    entry = Entry(by, "risk.freeze", subject, reason, None)
    return [ports.store.put_freeze(freeze), *audit.noted(ports.audit, entry, now)]


def released(ports: RiskPorts, subject: str, by: str, reason: str, now: datetime) -> list[Action]:
    """Return the writes that lift that, likewise; none where nothing is frozen."""
    standing = ports.store.freeze(subject)
    if standing is None:
        return []
    entry = Entry(by, "risk.unfreeze", subject, reason, None, {"frozen_at": iso(standing.at)})
    return [ports.store.lift(standing), *audit.noted(ports.audit, entry, now)]


def unless_frozen(ports: RiskPorts, account_id: str) -> Action:
    """Return the condition that an account is not frozen, for the transaction of what it takes for itself; refused it
    raises `Frozen`.
    """
    return ports.store.unless_frozen(f"account:{account_id}")
