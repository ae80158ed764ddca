"""What notices are given of this domain: where somebody is reached, and a sender that learns which phones are gone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.errors import NotFound
from chalicelib.notifications.ports import AddressGone, Channel, Letter, Sender
from chalicelib.reach.ports import ReachPorts
from chalicelib.reach.rules.devices import parted
from chalicelib.reach.use_cases.devices import drop


@dataclass(frozen=True)
class ReachAddresses:
    """See `notifications.ports.Addresses`. A phone whose session is over is told nothing: whoever signed out, was
    signed out or let it run out left it. Its row goes with the next thing that is sent.
    """

    ports: ReachPorts

    def of(self, account_id: str, channel: Channel) -> Sequence[str]:
        if channel is Channel.PUSH:
            return self._phones(account_id)
        return self._openids(account_id) if channel is Channel.WECHAT else ()

    def _phones(self, account_id: str) -> Sequence[str]:
        devices = self.ports.devices.book(account_id).devices
        if not devices:
            return ()
        standing = accounts.standing_sessions(self.ports.accounts, account_id)
        over = {one.id for one in devices if one.session_id not in standing}
        if over:
            drop(self.ports, account_id, lambda one: one.id in over and one.session_id not in standing)
        return [one.address for one in devices if one.id not in over]

    def _openids(self, account_id: str) -> Sequence[str]:
        try:
            pairs = accounts.contact(self.ports.accounts, account_id).wechat
        except NotFound:
            return ()
        order = {appid: place for place, appid in enumerate(self.ports.wechat)}
        known = [pair for pair in pairs if pair.partition("/")[0] in order]
        return sorted(known, key=lambda pair: order[pair.partition("/")[0]])


@dataclass(frozen=True)
class PhoneSender:
    """See `notifications.ports.Sender`: for addresses of phones. One that is gone is removed; the app tells it again.

    Attributes:
        inner: sends to an endpoint.
        ports: made when a phone is gone, which is rare.
    """

    inner: Sender
    ports: Callable[[], ReachPorts]

    def send(self, letter: Letter, to: str) -> str | None:
        device_id, endpoint = parted(to)
        try:
            return self.inner.send(letter, endpoint)
        except AddressGone:
            drop(self.ports(), letter.account_id, lambda one: one.id == device_id)
            raise
