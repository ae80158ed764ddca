"""Erasing an account, so that the books stay right.

Asked for, it waits for 7 days and for everything to end. Then the account itself is emptied, which ends its sessions;
half an hour later no access token of it is good any more, and each domain erases its part. After each the erasure is
written on, so a run that died goes on where it was; a part that was half done is done again, which does no harm. What
stays (orders, the ledger, the audit log) says the account's id, which leads to nobody.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry, Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import FieldError
from chalicelib.kit.idempotency import Once
from chalicelib.kit.observability import log
from chalicelib.kit.personal import Matter
from chalicelib.kit.transaction import retrying
from chalicelib.privacy import messages, requests
from chalicelib.privacy.request_ports import RequestPorts
from chalicelib.privacy.requests import FRESH, TOKENS_DIE, Erasure, ErasureState, SignInAgain, StillOpen

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """An erasure, and what stands in its way now."""

    erasure: Erasure | None
    matters: tuple[Matter, ...] = ()


@dataclass
class Ran:
    """What a run did: accounts emptied, erased to the end, and put off because something is open again."""

    closed: int = 0
    erased: int = 0
    put_off: int = 0
    failed: int = 0


def ask(ports: RequestPorts, actor: Actor, signed_in_at: datetime | None, why: Why, once: Once) -> Standing:
    """Ask for one's account to be erased, and tell its owner. To ask again changes nothing.

    Raises:
        SignInAgain: the session was not begun within the last 10 minutes.
        StillOpen: something has to end first.
    """

    def attempt() -> Standing:
        now, standing = ports.clock.now(), ports.store.erasure(actor.account_id)
        if signed_in_at is None or now - signed_in_at > FRESH:
            raise SignInAgain
        matters = _matters(ports, actor.account_id)
        if matters:
            raise StillOpen(errors=[FieldError(one.code, ", ".join(one.ids) or one.text.en) for one in matters])
        new = requests.asked(standing, actor.account_id, now)
        answer = Standing(new)
        actions = [ports.idempotency.remember(once, answer)]
        if new is not standing:
            actions += [
                ports.store.put_erasure(new),
                ports.outbox.put(messages.erasure_asked(actor.account_id, now)),
                *audit.noted(ports.audit, why.entry(actor, "privacy.ask_erasure", _name(actor.account_id)), now),
            ]
        ports.committer.commit(actions)
        return answer

    return retrying(attempt)


def withdraw(ports: RequestPorts, actor: Actor, why: Why) -> None:
    """Keep the account after all.

    Raises:
        CannotWithdraw: no erasure was asked for, or it has begun.
    """

    def attempt() -> None:
        new, now = requests.withdrawn(ports.store.erasure(actor.account_id)), ports.clock.now()
        entry = why.entry(actor, "privacy.withdraw_erasure", _name(actor.account_id))
        ports.committer.commit([ports.store.put_erasure(new), *audit.noted(ports.audit, entry, now)])

    retrying(attempt)


def standing(ports: RequestPorts, actor: Actor) -> Standing:
    """Return where one's erasure stands, and what is open."""
    return Standing(ports.store.erasure(actor.account_id), tuple(_matters(ports, actor.account_id)))


def run(ports: RequestPorts, as_of: datetime) -> Ran:
    """Do the next step of each erasure that is due. One that fails stops no other, and is due again at once."""
    ran = Ran()
    for erasure in list(ports.store.due(as_of)):
        try:
            _step(ports, erasure.account_id, as_of, ran)
        except Exception:  # noqa: BLE001 - one that cannot go on stops no other
            log.exception("an erasure could not go on", account_id=erasure.account_id)
            ran.failed += 1
    return ran


def _step(ports: RequestPorts, account_id: str, now: datetime, ran: Ran) -> None:
    erasure = ports.store.erasure(account_id)
    if erasure is None or erasure.due_at > now:
        return  # the index lags behind
    if erasure.state is ErasureState.COOLING_OFF:
        _close(ports, erasure, now, ran)
    elif erasure.state is ErasureState.CLOSED:
        _erase(ports, erasure, now, ran)


def _close(ports: RequestPorts, erasure: Erasure, now: datetime, ran: Ran) -> None:
    if _matters(ports, erasure.account_id):
        _written(ports, replace(erasure, due_at=now + _A_DAY))
        ran.put_off += 1
        return
    # Written first: from here on it cannot be withdrawn. If the run dies now, the next one empties the account.
    closed = _written(ports, replace(erasure, state=ErasureState.CLOSED, due_at=now))
    _part_done(ports, closed, 0, now + TOKENS_DIE)
    ran.closed += 1


def _erase(ports: RequestPorts, erasure: Erasure, now: datetime, ran: Ran) -> None:
    if ports.parts[0].name not in erasure.done:
        _part_done(ports, erasure, 0, now + TOKENS_DIE)
        ran.closed += 1
        return
    if _matters(ports, erasure.account_id):  # bought with a token of the last minutes
        _written(ports, replace(erasure, due_at=now + _A_DAY))
        ran.put_off += 1
        return
    for key in list(ports.files.below(f"exports/{erasure.account_id}/")):
        ports.files.delete(key)
    for number, part in enumerate(ports.parts):
        if part.name not in erasure.done:
            erasure = _part_done(ports, erasure, number, erasure.due_at)
    end = replace(erasure, state=ErasureState.ERASED, version=erasure.version + 1)
    entry = Entry("system:privacy", "privacy.erase", _name(erasure.account_id), "asked for by its owner", None)
    ports.committer.commit([ports.store.put_erasure(end), *audit.noted(ports.audit, entry, ports.clock.now())])
    ran.erased += 1


def _part_done(ports: RequestPorts, erasure: Erasure, number: int, due_at: datetime) -> Erasure:
    part = ports.parts[number]
    part.erase(erasure.account_id)
    return _written(ports, replace(erasure, done=(*erasure.done, part.name), due_at=due_at))


def _written(ports: RequestPorts, erasure: Erasure) -> Erasure:
    new = replace(erasure, version=erasure.version + 1)
    ports.committer.commit([ports.store.put_erasure(new)])
    return new


def _matters(ports: RequestPorts, account_id: str) -> list[Matter]:
    return [matter for part in ports.parts for matter in part.open_matters(account_id)]


def _name(account_id: str) -> str:
    return f"account:{account_id}"
