"""What payments ask risk, and what admins do about it.

`attempt` is asked before a charge begins and may refuse it. `paid` and `refunded` are told afterwards, as often as a
queue likes: each payment and refund counts once, and money that has arrived is never held up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Detail, Entry, Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id
from chalicelib.kit.observability import log, metric
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk.history import History, Use
from chalicelib.risk.ports import (
    Alert,
    AlertKind,
    Attempt,
    Counted,
    Freeze,
    Paid,
    PaymentVelocity,
    Refunded,
    RiskPorts,
    Subject,
)
from chalicelib.risk.problems import AlertClosed
from chalicelib.risk.rules import WHOLE, Kind, Limit, Outcome, device_id, network, over

SYSTEM = "system:risk"


def attempt(ports: RiskPorts, asked: Attempt, now: datetime) -> None:
    """Let a payment begin, and count it, or refuse it: a payment that is refused counts nowhere, a repeat no more.

    Raises:
        Frozen: the account may not pay.
        PaymentVelocity: too many, or too much; says when to try again.
        Busy: the account begins very many payments at this moment; nothing is counted.
    """
    counted = () if asked.is_repeat else _counted_by(ports, asked)
    actions = [ports.store.unless_frozen(f"account:{asked.account_id}")]
    for subject, limit in counted:
        share = limit.share(asked.amount, asked.currency)
        if limit.over == Outcome.REFUSE:
            if share > WHOLE:
                raise PaymentVelocity(retry_after=int(limit.longest.total_seconds()))
            actions.append(ports.store.count(subject, limit, share, now))
    try:
        retrying(lambda: ports.committer.commit(actions))
    except PaymentVelocity:
        log.warning("too many payments", account_id=asked.account_id, order_id=asked.order_id)
        metric("RiskRefusals")
        raise
    for subject, limit in counted:
        if limit.over == Outcome.REVIEW:
            _tally(ports, subject, limit, asked, now)


def _counted_by(ports: RiskPorts, asked: Attempt) -> Sequence[tuple[Subject, Limit]]:
    names = {
        Kind.ACCOUNT: asked.account_id,
        Kind.DEVICE: device_id(asked.device),
        Kind.IP: network(asked.ip),
        Kind.SHOP: asked.shop_id,
    }
    known = [(Subject(kind, name), ports.policy.limits.get(kind)) for kind, name in names.items() if name is not None]
    return [(subject, limit) for subject, limit in known if limit is not None]


def _tally(ports: RiskPorts, subject: Subject, limit: Limit, asked: Attempt, now: datetime) -> None:
    counted = ports.store.tally(subject, limit, limit.share(asked.amount, asked.currency), now)
    if over(counted, limit, now):
        name = ports.store.subject(subject)
        ports.store.raise_now(_alert(AlertKind.VELOCITY, name, (asked.order_id, asked.account_id), now))
        metric("RiskAlerts", kind=AlertKind.VELOCITY)


def paid(ports: RiskPorts, arrived: Paid, now: datetime) -> None:
    """Count a payment whose money is there, and raise alerts about its payer. Idempotent by the payment's id."""

    def count() -> list[Alert]:
        known = ports.store.history(arrived.account_id)
        history = known.payment(_day(now), ports.policy.refunds)
        actions = [
            ports.store.mark(arrived.payment_id, now),
            ports.store.put_history(arrived.account_id, history, now),
        ]
        alerts: list[Alert] = []
        if arrived.payer is not None:
            more, alerts = _payer_used(ports, arrived, arrived.payer, now)
            actions += more
        ports.committer.commit([*actions, *map(ports.store.raise_alert, alerts)])
        return alerts

    try:
        raised = retrying(count)
    except Counted:
        return
    for one in raised:
        metric("RiskAlerts", kind=one.kind)


def _payer_used(ports: RiskPorts, arrived: Paid, name: str, now: datetime) -> tuple[list[Action], list[Alert]]:
    use = Use(
        at=now,
        order_id=arrived.order_id,
        payment_id=arrived.payment_id,
        account_id=arrived.account_id,
        shop_id=arrived.shop_id,
        amount=arrived.amount,
        currency=arrived.currency,
    )
    known, policy = ports.store.payer(name), ports.policy
    payer, subject = known.used(use, policy), ports.store.subject(Subject(Kind.PAYER, name))
    this, alerts = (use.order_id, use.payment_id), []
    twin = known.twice(use, policy)
    if twin is not None:
        both = (twin.order_id, twin.payment_id, *this)
        alerts.append(_alert(AlertKind.DUPLICATE, subject, both, now, key=use.payment_id))
    if len(payer.accounts) > policy.accounts_of_a_payer:
        alerts.append(_alert(AlertKind.SHARED_PAYER, subject, (*this, *payer.accounts), now))
    limit = policy.limits.get(Kind.PAYER)
    if limit is not None and payer.is_hasty(limit):
        alerts.append(_alert(AlertKind.VELOCITY, subject, (*this, use.account_id), now))
    return [ports.store.put_payer(name, payer, now)], alerts


def refunded(ports: RiskPorts, gone: Refunded, now: datetime) -> None:
    """Count a refund that the customer wanted; where there are too many, raise an alert, and freeze the account where
    the policy says so. Idempotent by the refund's id.
    """
    limit, subject = ports.policy.refunds, f"account:{gone.account_id}"

    def count() -> bool:
        history = ports.store.history(gone.account_id).refund(_day(now), limit)
        actions = [ports.store.mark(gone.refund_id, now), ports.store.put_history(gone.account_id, history, now)]
        is_abuse = history.is_abuse(limit)
        if is_abuse:
            about = (gone.order_id, gone.payment_id, gone.refund_id)
            actions.append(ports.store.raise_alert(_alert(AlertKind.REFUND_ABUSE, subject, about, now)))
            if limit.freezes and ports.store.freeze(subject) is None:
                actions += _frozen_for_refunds(ports, subject, history, gone.refund_id, now)
        ports.committer.commit(actions)
        return is_abuse

    try:
        is_abuse = retrying(count)
    except Counted:
        return
    if is_abuse:
        metric("RiskAlerts", kind=AlertKind.REFUND_ABUSE)


def _frozen_for_refunds(
    ports: RiskPorts, subject: str, history: History, refund_id: str, now: datetime
) -> Sequence[Action]:
    payments, refunds = history.counts()
    reason = f"{refunds} refunds of {payments} payments in {ports.policy.refunds.days} days"
    details: dict[str, Detail] = {"payments": payments, "refunds": refunds, "refund_id": refund_id}
    entry = Entry(SYSTEM, "risk.freeze", subject, reason, None, details)
    freeze = Freeze(subject, is_frozen=True, reason=reason, by=SYSTEM, at=now)
    return [ports.store.put_freeze(freeze), *audit.noted(ports.audit, entry, now)]


def frozen_payouts(ports: RiskPorts, merchant_id: str) -> bool:
    """Say whether a merchant's payouts wait for a review; read consistently, so that a freeze works at once."""
    return ports.store.freeze(f"payouts:{merchant_id}") is not None


def freeze(ports: RiskPorts, actor: Actor, subject: str, why: Why, once: Once) -> Freeze:
    """Freeze an account (`account:<id>`: it begins no payment) or a merchant's payouts (`payouts:<id>`). What is frozen
    already stays as it is. That only admins reach this is the route's to see to.
    """

    def write() -> Freeze:
        now, standing = ports.clock.now(), ports.store.freeze(subject)
        made = standing or Freeze(subject, is_frozen=True, reason=why.reason, by=actor.account_id, at=now)
        actions = [ports.idempotency.remember(once, made)]
        if standing is None:
            entry = why.entry(actor, "risk.freeze", subject)
            actions += [ports.store.put_freeze(made), *audit.noted(ports.audit, entry, now)]
        ports.committer.commit(actions)
        return made

    return retrying(write)


def unfreeze(ports: RiskPorts, actor: Actor, subject: str, why: Why, once: Once) -> Freeze:
    """Let a subject go on. What is not frozen stays so, and nothing is noted.

    Raises:
        Forbidden: it is the admin's own account, or their own payouts.
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


def alerts(ports: RiskPorts, after: Mapping[str, Any] | None, limit: int) -> Page[Alert]:
    """Return some open alerts, the one that has waited longest first."""
    return ports.store.open_alerts(after, limit)


def close(ports: RiskPorts, actor: Actor, alert_id: str, why: Why, once: Once) -> Alert:
    """Close an alert with what was found.

    Raises:
        NotFound: no such alert. Forbidden: it is about the admin.
        AlertClosed: somebody has closed it.
    """

    def write() -> Alert:
        now, standing = ports.clock.now(), ports.store.alert(alert_id)
        if standing is None:
            raise NotFound("alert")
        _must_be_others(actor, standing.subject)
        if standing.closed_by is not None:
            raise AlertClosed(by=standing.closed_by)
        closed = replace(standing, closed_by=actor.account_id, closed_at=now, note=why.reason)
        details = {"kind": standing.kind.value, "subject": standing.subject, "times": standing.times}
        entry = why.entry(actor, "risk.close_alert", f"alert:{alert_id}", details)
        actions = [ports.store.close(closed), *audit.noted(ports.audit, entry, now)]
        ports.committer.commit([*actions, ports.idempotency.remember(once, closed)])
        return closed

    return retrying(write)


def _must_be_others(actor: Actor, subject: str) -> None:
    if actor.account_id == subject.partition(":")[2]:
        raise Forbidden


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _alert(kind: AlertKind, subject: str, about: tuple[str, ...], now: datetime, key: str | None = None) -> Alert:
    """Return an alert; the same of a subject and `key` (its UTC date) is the same one."""
    alert_id = derived_id("alr", kind, subject, key or _day(now).isoformat())
    return Alert(alert_id, kind, subject, about, since=now, last_at=now)
