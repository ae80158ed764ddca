"""Addresses that nothing arrives at: nothing is sent there until their owner gives them anew, or support lifts it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.ports import Contact, Kind
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.notifications.ports import AddressPorts, NotificationPorts
from chalicelib.notifications.rules import Outdated, Suspension
from chalicelib.profiles.ports import Channel

_IDENTITIES: Mapping[Channel, Kind] = {Channel.SMS: Kind.PHONE, Channel.EMAIL: Kind.EMAIL}


@dataclass(frozen=True)
class Way:
    """An address of somebody's.

    Attributes:
        channel: which takes it.
        address: as the channel's sender takes it.
        suspension: why nothing is sent there; None where all is.
    """

    channel: Channel
    address: str = field(repr=False)
    suspension: Suspension | None = None


def ways(ports: NotificationPorts, contact: Contact) -> list[Way]:
    """Return every address of somebody's that a channel of this deployment takes. One that was suspended before they
    gave it (again) is not any more: a number may have another owner.
    """
    found = [(Channel.SMS, contact.phone), (Channel.EMAIL, contact.email)]
    if ports.addresses is not None:
        found += [
            (channel, address)
            for channel in (Channel.PUSH, Channel.WECHAT)
            if channel in ports.senders
            for address in ports.addresses.of(contact.account_id, channel)
        ]
    told = [(channel, address) for channel, address in found if address is not None and channel in ports.senders]
    gone = ports.gone.suspensions(told)
    return [Way(*one, _standing(contact, one[0], gone.get(one))) for one in told]


def _standing(contact: Contact, channel: Channel, suspension: Suspension | None) -> Suspension | None:
    given: datetime | None = contact.since.get(_IDENTITIES[channel]) if channel in _IDENTITIES else None
    return None if suspension is None or (given is not None and given > suspension.at) else suspension


def suspend(
    ports: AddressPorts, channel: Channel, address: str, reason: str, happened_at: datetime | None = None
) -> None:
    """Send nothing to an address any more: it bounced, complained, opted out or is no longer installed. What comes of
    its owner's notices is tried through their other channels. A repeat changes nothing but the moment, and word of what
    happened before something else did nothing at all.

    Args:
        ports: of addresses.
        channel: that the address is of.
        address: in the clear; only its blind index is kept.
        reason: a word for the log and for support; names no address. One that begins with `LEFT` is its owner's word.
        happened_at: when it came to that, by who tells of it late; None is now. Whoever gave the address after that is
            not meant.
    """
    now = ports.clock.now()
    suspension = Suspension(reason, min(happened_at or now, now))
    try:
        retrying(lambda: ports.committer.commit(ports.gone.suspending(channel, address, suspension)))
    except Outdated:
        log.info("an address was not suspended: the word is old", channel=channel.value, reason=reason)
        return
    log.warning("address suspended", channel=channel.value, reason=reason)
    metric("AddressesSuspended")


def arrives(ports: AddressPorts, channel: Channel, address: str) -> bool:
    """Learn that something has just arrived at an address and was read by its owner: a code that they typed. It is sent
    there again, unless they said themselves that they want nothing there: to ask for a code is to ask for that alone.
    Said again it changes nothing. One read, and a transaction where it was suspended.

    Returns:
        Whether it was lifted.
    """

    def attempt() -> bool:
        now, asked = ports.clock.now(), (channel, address)
        found = ports.gone.suspensions([asked]).get(asked)
        if found is None or found.is_their_word or found.at > now:
            return False
        ports.committer.commit(ports.gone.lifting(channel, address, found, now))
        return True

    is_lifted = retrying(attempt)
    if is_lifted:
        log.info("address lifted: a code arrived", channel=channel.value)
    return is_lifted


def address_book(ports: NotificationPorts, account_id: str) -> Sequence[Way]:
    """Return where an account is reached, for support.

    Raises:
        NotFound: there is no such account.
    """
    return ways(ports, accounts.contact(ports.accounts, account_id))


def lift(ports: NotificationPorts, actor: Actor, account_id: str, why: Why) -> Sequence[Way]:
    """Send to all addresses of an account again, and note who said so. Return them as they are then.

    Raises:
        NotFound: there is no such account.
    """
    contact = accounts.contact(ports.accounts, account_id)
    found = ways(ports, contact)
    suspended = [one for one in found if one.suspension is not None]
    if suspended:
        entry = why.entry(actor, "notifications.lift", f"account:{account_id}", {"addresses": len(suspended)})

        def attempt() -> None:
            now = ports.clock.now()
            writes = [
                write
                for way in ways(ports, contact)
                if way.suspension is not None
                for write in ports.gone.lifting(way.channel, way.address, way.suspension, now)
            ]
            ports.committer.commit([*writes, *audit.noted(ports.audit, entry, now)])

        retrying(attempt)
    return [Way(one.channel, one.address) for one in found]
