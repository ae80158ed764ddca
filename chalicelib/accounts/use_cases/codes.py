"""Signing in with a code that was sent to a phone or an e-mail address.

Nothing here looks at accounts before a code was right: answer and work are the same for who is known and who is not.
"""

import secrets
from collections.abc import Callable

from chalicelib.accounts import rules
from chalicelib.accounts.ports import AccountPorts, Kind, Visitor
from chalicelib.accounts.rules import CodeNotAccepted, CodeNotSent, Receiver, SmsPaused
from chalicelib.accounts.use_cases.enter import SignedIn, enter
from chalicelib.kit.i18n import Text
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, retrying

SIGN_IN = "sign-in"  # the purpose of a code
METHODS = {Kind.PHONE: "sms", Kind.EMAIL: "email"}


class _ShardSpent(Exception):  # noqa: N818 - a state of affairs: another counter may have room
    """One counter of the day's cost is full."""


def request_code(
    ports: AccountPorts,
    receiver: Receiver,
    visitor: Visitor,
    purpose: str = SIGN_IN,
    text: Text = rules.CODE_TEXT,
) -> None:
    """Send a code, to somebody known or not: the answer does not tell. An earlier code of the purpose dies.

    Raises:
        TooMany: the last one was sent a moment ago, or the budget of the receiver, of the source address, of the range
            around it or of the phone's country is spent.
        WrongRegion: the phone's accounts live elsewhere.
        CountryNotServed: no text messages go there.
        SmsPaused: what they may cost today is spent.
        CodeNotSent: the provider did not take it.
    """
    must_live_here(ports, receiver)
    sender = ports.senders.get(receiver.kind)
    if sender is None:
        raise CodeNotSent
    code = rules.new_code()

    def attempt(shard: int) -> None:
        now = ports.clock.now()
        actions = [
            ports.store.put_code(purpose, receiver, code, now),
            *map(ports.store.spend, rules.spending(receiver, visitor.source_ip, ports.sms, now)),
        ]
        if receiver.kind == Kind.PHONE:
            spent = rules.cost(shard, ports.sms.country(receiver).price, ports.sms, now)
            actions.append(ports.store.spend(spent, _ShardSpent))
        ports.committer.commit(actions)

    _within_cap(ports, receiver, attempt)
    sender.send(receiver.subject, code, visitor.language, text)


def must_live_here(ports: AccountPorts, receiver: Receiver) -> None:
    """Let pass whose accounts can be in this region, whether there is one or not. E-mail addresses are of no region:
    people choose it.

    Raises:
        WrongRegion: it is a phone whose accounts live elsewhere.
    """
    if receiver.kind == Kind.PHONE:
        ports.regions.must_live_here(receiver.subject)


def _within_cap(ports: AccountPorts, receiver: Receiver, attempt: Callable[[int], None]) -> None:
    """Commit with a counter of the day's cost that has room: any one first, then one of those that are seen to.

    Raises:
        SmsPaused: none has.
    """
    shard, tried = secrets.randbelow(rules.COST_SHARDS), set[int]()
    while True:
        try:
            retrying(lambda: attempt(shard))  # noqa: B023 - called at once
        except _ShardSpent:
            tried.add(shard)
        else:
            break
        now, price = ports.clock.now(), ports.sms.country(receiver).price
        rooms = ports.store.has_room([rules.cost(one, price, ports.sms, now) for one in range(rules.COST_SHARDS)])
        left = [one for one, has_room in enumerate(rooms) if has_room and one not in tried]
        if not left:
            metric("SmsCapReached")
            raise SmsPaused(retry_after=rules.window(now, rules.DAY).left)
        shard = secrets.choice(left)
    if receiver.kind == Kind.PHONE:
        metric("SmsSpend", ports.sms.country(receiver).price)


def proved(ports: AccountPorts, receiver: Receiver, code: str, purpose: str = SIGN_IN) -> list[Action]:
    """Return what uses a right code up, for the transaction of what it proves: of several with the same right code one
    succeeds, the others are refused with `CodeNotAccepted`. The try is counted at once.

    Raises:
        CodeNotAccepted: wrong, run out, used or tried too often.
    """
    if not retrying(lambda: ports.store.count_try(purpose, receiver, code, ports.clock.now())):
        raise CodeNotAccepted
    _arrived(ports, receiver)
    return [ports.store.use_code(purpose, receiver, code)]


def _arrived(ports: AccountPorts, receiver: Receiver) -> None:
    """Tell that what is sent to a receiver arrives, whatever was said of it before. That is beside the sign-in: where
    it cannot be written down, the next code says so again.
    """
    try:
        ports.arrives(receiver)
    except Exception:  # noqa: BLE001 - logged; nobody is kept from signing in by it
        log.exception("that a code arrived could not be noted", kind=receiver.kind.value)


def sign_in(ports: AccountPorts, receiver: Receiver, code: str, visitor: Visitor) -> SignedIn:
    """Turn a code into a session; the first time the account is made.

    Raises:
        CodeNotAccepted: see `proved`. WrongRegion: see `request_code`.
    """
    must_live_here(ports, receiver)
    proof = proved(ports, receiver, code)
    return enter(ports, receiver.kind, receiver.subject, visitor, (METHODS[receiver.kind],), proof)
