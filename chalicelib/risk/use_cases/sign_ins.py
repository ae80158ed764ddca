"""What accounts ask risk about sign-ins.

`trying` before something that could be guessed is looked at, `sign_in_failed` when it was wrong, `signing_in` when
somebody has proven who they are and no session is open yet.
"""

from collections.abc import Iterable

from chalicelib.kit.networks import network
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk import sign_ins as rules
from chalicelib.risk.cases import Alert, AlertKind, alert_of
from chalicelib.risk.messages import signed_in
from chalicelib.risk.ports import Located, SignIn, SignInFrozen, SignInPorts, SlowDown, Subject, Try, Verdict
from chalicelib.risk.rules import Kind, device_id, over
from chalicelib.risk.sign_ins import Circumstances, Ruling, Seen, Sign

_SHARE = 0  # tries have no money


def trying(ports: SignInPorts, asked: Try) -> None:
    """Count a try of something that can be guessed (a password, a one-time code), before it is looked at: parallel ones
    are counted too. Whoever guesses at an account is slowed down in their network alone, and a device that the account
    knows has tries of its own there: nobody can keep somebody else out.

    Raises:
        SlowDown: too many of this account from here; says when to try again.
        Busy: very many at this moment.
    """
    where = network(asked.ip) or "nowhere"
    try:
        _count(ports, asked, where)
    except SlowDown:
        if not _is_known(ports, asked):
            metric("SignInsSlowedDown", method=asked.method)
            raise
        _count(ports, asked, f"device {device_id(asked.device)}")


def _count(ports: SignInPorts, asked: Try, place: str) -> None:
    subject = Subject(Kind.TRY, f"{asked.counted_as} from {place}")
    action = ports.store.count(subject, ports.bounds.tries, _SHARE, asked.at, SlowDown)
    retrying(lambda: ports.committer.commit([action]))


def _is_known(ports: SignInPorts, asked: Try) -> bool:
    name = device_id(asked.device)
    if name is None:
        return False
    file = ports.sign_ins.facts(asked.account_id or asked.typed, None, asked.at).file
    return rules.known(file, ports.sign_ins.device(name), asked.at, ports.bounds)


def sign_in_failed(ports: SignInPorts, failed: Try) -> None:
    """Remember a wrong guess: of the account, and of the network that it came from. Alerts are raised, nobody is
    refused here.
    """
    store, where = ports.store, network(failed.ip)
    guesses = Subject(Kind.GUESS, failed.who)
    counted = store.tally(guesses, ports.bounds.guesses, _SHARE, failed.at)
    about = (failed.account_id,) if failed.account_id else ()
    alerts = []
    if over(counted, ports.bounds.guesses, failed.at):
        # Also where there is no such account: the answer takes as long.
        subject = f"account:{failed.account_id}" if failed.account_id else store.subject(guesses)
        alerts.append(alert_of(AlertKind.BURST, subject, about, failed.at))
    if where is not None:
        victims = ports.sign_ins.victim(where, failed.who, failed.at)
        if victims >= ports.bounds.stuffing:
            alerts.append(alert_of(AlertKind.STUFFING, store.subject(Subject(Kind.IP, where)), about, failed.at))
    _raise_now(ports, alerts)
    metric("SignInsFailed", method=failed.method)


def signing_in(ports: SignInPorts, asked: SignIn) -> Verdict:
    """Say what becomes of a sign-in, before its session is opened: see `Verdict`. Usually one request, and actions for
    the session's own transaction; a device that is new to the account is two more requests.
    """
    where, located = network(asked.ip), ports.locator.locate(asked.ip, asked.headers)
    facts = ports.sign_ins.facts(asked.account_id, where, asked.at)
    case = _case(ports, asked, where, located)
    found = rules.signs(facts, case, ports.bounds)
    if Sign.FROZEN in found:
        log.warning("a frozen account was signed in to", account_id=asked.account_id)
        return _told(Verdict(Ruling.REFUSE, found))
    alerts = [_alert(AlertKind.TRAVEL, f"account:{asked.account_id}", asked)] if Sign.TRAVEL in found else []
    if not rules.known(facts.file, case.device, asked.at, ports.bounds):
        crowds = _crowds(ports, asked, case.device, where)
        alerts += crowds
        found |= {Sign.CROWD} if any(one.subject.startswith(Kind.DEVICE) for one in crowds) else frozenset()
    ruling = rules.ruling(found, has_second_factor=asked.has_second_factor, is_proven_twice=asked.is_proven_twice)
    if asked.is_proven_twice:
        alerts = []  # whoever has two proofs is who they say; what led to the second one is known already
    if ruling == Ruling.STEP_UP:
        _raise_now(ports, alerts)
        return _told(Verdict(ruling, found))
    _count_alerts(alerts)
    file = rules.signed_in(facts.file, case, ports.bounds)
    actions: list[Action] = [
        ports.store.unless_frozen(f"login:{asked.account_id}", SignInFrozen),
        ports.sign_ins.put_file(asked.account_id, file, asked.at + ports.bounds.kept),
        *map(ports.store.raise_alert, alerts),
    ]
    if ruling == Ruling.TELL:
        actions.append(ports.outbox.put(signed_in(asked, located, file.version)))
    return _told(Verdict(ruling, found, actions))


def device(ports: SignInPorts, header: str | None) -> str | None:
    """Return the index of a device that says what it is called; None where it says nothing that can be a name."""
    name = device_id(header)
    return None if name is None else ports.sign_ins.device(name)


def _case(ports: SignInPorts, asked: SignIn, where: str | None, located: Located | None) -> Circumstances:
    # A client that does not name its device is known by what it says it is, where it is.
    name = device_id(asked.device) or f"{asked.agent} {where}"
    position = located.position if located and not located.is_relay else None
    return Circumstances(
        device=ports.sign_ins.device(name),
        at=asked.at,
        seen=Seen(position, asked.at) if position else None,
        since=asked.since,
        changed_at=asked.changed_at,
    )


def _crowds(ports: SignInPorts, asked: SignIn, device: str, where: str | None) -> list[Alert]:
    """Count the account among those that are new on this device and in this network; return what that calls for."""
    who = rules.named(asked.account_id)
    places = [(f"{Kind.DEVICE}:{device}", ports.bounds.crowd)]
    if where is not None:
        places.append((ports.store.subject(Subject(Kind.IP, where)), ports.bounds.network_crowd))
    counted = [(place, ports.sign_ins.newcomer(place, who, asked.at), most) for place, most in places]
    return [_alert(AlertKind.BURST, place, asked) for place, number, most in counted if number > most]


def _alert(kind: AlertKind, subject: str, asked: SignIn) -> Alert:
    return alert_of(kind, subject, (asked.account_id,), asked.at)


def _raise_now(ports: SignInPorts, alerts: Iterable[Alert]) -> None:
    for one in alerts:
        ports.store.raise_now(one)
        metric("RiskAlerts", kind=one.kind)


def _count_alerts(alerts: Iterable[Alert]) -> None:
    for one in alerts:
        metric("RiskAlerts", kind=one.kind)


def _told(verdict: Verdict) -> Verdict:
    metric("SignIns", ruling=verdict.ruling)
    return verdict
