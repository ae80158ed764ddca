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
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.rules import Suspension
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
    ports: NotificationPorts, channel: Channel, address: str, reason: str, happened_at: datetime | None = None
) -> None:
    """Send nothing to an address any more: it bounced, complained, opted out or is no longer installed. What comes of
    its owner's notices is tried through their other channels. A repeat changes nothing but the moment.

    Args:
        ports: of notices.
        channel: that the address is of.
        address: in the clear; only its blind index is kept.
        reason: a word for the log and for support; names no address.
        happened_at: when it came to that, by who tells of it late; None is now. Whoever gave the address after that is
            not meant.
    """
    now = ports.clock.now()
    ports.gone.suspend(channel, address, Suspension(reason, min(happened_at or now, now)))
    log.warning("address suspended", channel=channel.value, reason=reason)
    metric("AddressesSuspended")


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
            writes = [ports.gone.lifting(one.channel, one.address) for one in suspended]
            ports.committer.commit([*writes, *audit.noted(ports.audit, entry, ports.clock.now())])

        retrying(attempt)
    return [Way(one.channel, one.address) for one in found]
