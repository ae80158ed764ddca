"""What people do about what is suspicious: they freeze, let go on, and look at alerts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Detail, Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import Forbidden, NotFound, invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk.cases import MOST_NOTES, Alert, Freeze, Note
from chalicelib.risk.ports import FreezingPorts, RiskPorts, Wanted
from chalicelib.risk.problems import AlertClosed


def freeze(ports: FreezingPorts, actor: Actor, subject: str, why: Why, once: Once) -> Freeze:
    """Freeze an account (`account:<id>`: it begins no payment), signing in to it (`login:<id>`), or a merchant's
    payouts (`payouts:<id>`). Of the first two every session ends with it: whoever can still sign in sees what they
    have, but does not pay. What is frozen already stays as it is. That only those who may reach this is the route's to
    see to.
    """

    def write() -> Freeze:
        now, standing = ports.clock.now(), ports.store.freeze(subject)
        made = standing or Freeze(subject, is_frozen=True, reason=why.reason, by=actor.account_id, at=now)
        actions = [ports.idempotency.remember(once, made)]
        if standing is None:
            entry = why.entry(actor, "risk.freeze", subject)
            actions += [ports.store.put_freeze(made), *audit.noted(ports.audit, entry, now), *_ended(ports, subject)]
        ports.committer.commit(actions)
        return made

    return retrying(write)


def _ended(ports: FreezingPorts, subject: str) -> Sequence[Action]:
    kind, _, account_id = subject.partition(":")
    return ports.sessions.end_all(account_id) if kind in {"account", "login"} else ()


def unfreeze(ports: RiskPorts, actor: Actor, subject: str, why: Why, once: Once) -> Freeze:
    """Let a subject go on. What is not frozen stays so, and nothing is noted.

    Raises:
        Forbidden: it is the admin's own account, or their own payouts, or of whom they work for.
    """
    _must_be_others(actor, subject)

    def write() -> Freeze:
        now, standing = ports.clock.now(), ports.store.freeze(subject)
        lifted = Freeze(subject, is_frozen=False, reason=why.reason, by=actor.account_id, at=now)
        actions = [ports.idempotency.remember(once, lifted)]
        if standing is not None:
            details = {"frozen_by": standing.by, "frozen_at": iso(standing.at)}
            entry = why.entry(actor, "risk.unfreeze", subject, details)
            actions += [ports.store.lift(standing), *audit.noted(ports.audit, entry, now)]
        ports.committer.commit(actions)
        return lifted

    return retrying(write)


def freezes(ports: RiskPorts, after: Mapping[str, Any] | None, limit: int) -> Page[Freeze]:
    """Return some of what is frozen, newest first."""
    return ports.store.freezes(after, limit)


def alerts(ports: RiskPorts, wanted: Wanted, after: Mapping[str, Any] | None, limit: int) -> Page[Alert]:
    """Return some open alerts, the one that has waited longest first."""
    return ports.store.open_alerts(wanted, after, limit)


def alert(ports: RiskPorts, alert_id: str) -> Alert:
    """Return an alert, open or closed.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.alert(alert_id)
    if found is None:
        raise NotFound("alert")
    return found


def assign(ports: RiskPorts, actor: Actor, alert_id: str, to: str | None, why: Why, once: Once) -> Alert:
    """Give an alert to somebody to look at; None gives it back to everybody. Whether they may is not known here: they
    could do nothing with it.

    Raises:
        Invalid: it is about them. NotFound, Forbidden, AlertClosed: as `close`.
    """

    def assigned(standing: Alert) -> Alert:
        if to is not None and _is_about(standing.subject, to):
            raise invalid("assigned_to", "the alert is about them")
        return replace(standing, assigned_to=to)

    return _in_hand(ports, actor, alert_id, "risk.assign_alert", why, once, assigned, {"to": to})


def note(ports: RiskPorts, actor: Actor, alert_id: str, why: Why, once: Once) -> Alert:
    """Write down something about an alert; the newest few are kept with it, all of them in the audit log.

    Raises:
        NotFound, Forbidden, AlertClosed: as `close`.
    """

    def noted(standing: Alert) -> Alert:
        written = Note(actor.account_id, ports.clock.now(), why.reason)
        return replace(standing, notes=(*standing.notes, written)[-MOST_NOTES:])

    return _in_hand(ports, actor, alert_id, "risk.note_alert", why, once, noted)


def close(ports: RiskPorts, actor: Actor, alert_id: str, why: Why, once: Once) -> Alert:
    """Close an alert with what was found.

    Raises:
        NotFound: no such alert. Forbidden: it is about the actor.
        AlertClosed: somebody has closed it.
    """

    def closed(standing: Alert) -> Alert:
        return replace(standing, closed_by=actor.account_id, closed_at=ports.clock.now(), note=why.reason)

    return _in_hand(ports, actor, alert_id, "risk.close_alert", why, once, closed)


def _in_hand(
    ports: RiskPorts,
    actor: Actor,
    alert_id: str,
    action: str,
    why: Why,
    once: Once,
    change: Callable[[Alert], Alert],
    more: Mapping[str, Detail] | None = None,
) -> Alert:
    def write() -> Alert:
        standing = alert(ports, alert_id)
        _must_be_others(actor, standing.subject)
        if standing.closed_by is not None:
            raise AlertClosed(by=standing.closed_by)
        new = replace(change(standing), revision=standing.revision + 1)
        details: dict[str, Detail] = {"kind": standing.kind.value, "subject": standing.subject, "times": standing.times}
        entry = why.entry(actor, action, f"alert:{alert_id}", details | dict(more or {}))
        actions = [ports.store.take_in_hand(new), *audit.noted(ports.audit, entry, ports.clock.now())]
        ports.committer.commit([*actions, ports.idempotency.remember(once, new)])
        return new

    return retrying(write)


def _is_about(subject: str, account_id: str) -> bool:
    return subject.partition(":")[2] == account_id


def _must_be_others(actor: Actor, subject: str) -> None:
    if actor.has_stake(subject.partition(":")[2]):
        raise Forbidden
