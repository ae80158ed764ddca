"""What payments and payouts ask risk.

`attempt` is asked before a charge begins and may refuse it. `paid` and `refunded` are told afterwards, as often as a
queue likes: each payment and refund counts once, and money that has arrived is never held up.
"""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Detail, Entry
from chalicelib.kit.networks import network
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk.cases import SYSTEM, Alert, AlertKind, Freeze, alert_of, day_of
from chalicelib.risk.history import History, Use
from chalicelib.risk.ports import Attempt, Counted, Paid, PaymentVelocity, Refunded, RiskPorts, Subject
from chalicelib.risk.rules import WHOLE, Kind, Limit, Outcome, device_id, over


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
        ports.store.raise_now(alert_of(AlertKind.VELOCITY, name, (asked.order_id, asked.account_id), now))
        metric("RiskAlerts", kind=AlertKind.VELOCITY)


def paid(ports: RiskPorts, arrived: Paid, now: datetime) -> None:
    """Count a payment whose money is there, and raise alerts about its payer. Idempotent by the payment's id."""

    def count() -> list[Alert]:
        known = ports.store.history(arrived.account_id)
        history = known.payment(day_of(now), ports.policy.refunds)
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
        alerts.append(alert_of(AlertKind.DUPLICATE, subject, both, now, key=use.payment_id))
    if len(payer.accounts) > policy.accounts_of_a_payer:
        alerts.append(alert_of(AlertKind.SHARED_PAYER, subject, (*this, *payer.accounts), now))
    limit = policy.limits.get(Kind.PAYER)
    if limit is not None and payer.is_hasty(limit):
        alerts.append(alert_of(AlertKind.VELOCITY, subject, (*this, use.account_id), now))
    return [ports.store.put_payer(name, payer, now)], alerts


def refunded(ports: RiskPorts, gone: Refunded, now: datetime) -> None:
    """Count a refund that the customer wanted; where there are too many, raise an alert, and freeze the account where
    the policy says so. Idempotent by the refund's id.
    """
    limit, subject = ports.policy.refunds, f"account:{gone.account_id}"

    def count() -> bool:
        history = ports.store.history(gone.account_id).refund(day_of(now), limit)
        actions = [ports.store.mark(gone.refund_id, now), ports.store.put_history(gone.account_id, history, now)]
        is_abuse = history.is_abuse(limit)
        if is_abuse:
            about = (gone.order_id, gone.payment_id, gone.refund_id)
            actions.append(ports.store.raise_alert(alert_of(AlertKind.REFUND_ABUSE, subject, about, now)))
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
    """Say whether a merchant's payouts wait: for a review, or for a licence that holds. The two know nothing of each
    other, so neither is lifted with the other. Read consistently, so that a freeze works at once.
    """
    return any(ports.store.freeze(f"{cause}:{merchant_id}") is not None for cause in ("payouts", "licence"))
