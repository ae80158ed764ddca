"""What accounts ask risk about sign-ins, and what that needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.kit.i18n import Text
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.transaction import Action
from chalicelib.risk.ports.stores import RiskPorts
from chalicelib.risk.sign_ins import Facts, File, Position, Ruling, Sign, SignInPolicy, named


@dataclass(frozen=True)
class SignIn:
    """Somebody has proven who they are.

    Attributes:
        method: how, such as `password`, `phone-code`, `passkey`.
        device: the header X-Device-Id as it came.
        ip: where the request came from.
        at: now.
        agent: the header User-Agent.
        since: when the account was made.
        changed_at: when how one signs in to it was changed last; None where that is not known.
        has_second_factor: the account has one that can be asked for.
        is_proven_twice: a second factor was given with this sign-in, or the method is two in one.
        headers: of the request, lower case: what a distribution in front says of where it came from.
    """

    account_id: str
    method: str
    device: str | None
    ip: str
    at: datetime
    agent: str | None
    since: datetime
    changed_at: datetime | None = None
    has_second_factor: bool = False
    is_proven_twice: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Try:
    """Somebody tries to prove who they are.

    Attributes:
        account_id: None where there is no such account: that costs the same, so that the time of an answer tells
            nothing.
        typed: what was typed to name the account.
    """

    account_id: str | None
    typed: str
    method: str
    device: str | None
    ip: str
    at: datetime

    @property
    def who(self) -> str:
        """Who is guessed at."""
        return named(self.account_id, self.typed)

    @property
    def counted_as(self) -> str:
        """What tries are counted as: what was typed, so that nobody learns by running out of tries for one name of an
        account that another is the same person's.
        """
        return named(None, self.typed) if self.typed else self.who


@dataclass(frozen=True)
class Verdict:
    """What becomes of a sign-in.

    Attributes:
        ruling: PASS and TELL open a session; STEP_UP asks for a second factor, and then asks again with
            `is_proven_twice`; REFUSE is `SignInFrozen`.
        actions: for the transaction that opens the session: it is remembered, and told, with it or not at all. Refused
            as `SignInFrozen` where it was frozen meanwhile; contended where the same account is signed in to at the
            same moment: ask again then.
    """

    ruling: Ruling
    signs: frozenset[Sign] = frozenset()
    actions: Sequence[Action] = ()


@dataclass(frozen=True)
class Located:
    """Where an address is.

    Attributes:
        position: None where only the country is known.
        country: its name for people.
        is_relay: a VPN or the like: it says nothing about where the person is.
    """

    position: Position | None
    country: Text | None = None
    is_relay: bool = False


class Locator(Protocol):
    """Knows where addresses are."""

    def locate(self, ip: str, headers: Mapping[str, str]) -> Located | None:
        """Return where an address is, None where that is not known; it never fails.

        Args:
            ip: as the request came from.
            headers: of the request, lower case.
        """
        ...


class SignInStore(Protocol):
    """What is kept of sign-ins; devices, networks and what was typed are blind, places are sealed."""

    def device(self, name: str) -> str:
        """Return the index of a device."""
        ...

    def network(self, name: str) -> str:
        """Return the index of a network."""
        ...

    def devices(self, account_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the indexes of the devices that accounts were signed in to on, the last one first; read consistently,
        and nothing sealed is opened. Who is not there has none.
        """
        ...

    def facts(self, account_id: str, network: str | None, now: datetime) -> Facts:
        """Return what is known, read consistently in one request."""
        ...

    def put_file(self, account_id: str, file: File, until: datetime) -> Action:
        """Return the write of the next version of an account's file; refused with `Contention`."""
        ...

    def forget(self, account_id: str) -> Sequence[Action]:
        """Return the writes that remove an account's file and its history of payments."""
        ...

    def newcomer(self, place: str, who: str, now: datetime) -> int:
        """Add an account to those that are new at a place (`device:...` of a UTC date, `ip:...` of an hour, as
        `RiskStore.subject` writes them), at once; return how many they are, as far as they are counted.
        """
        ...

    def victim(self, network: str, who: str, now: datetime) -> int:
        """Add somebody to those who were guessed at from a network within the hour; likewise."""
        ...


@dataclass(frozen=True)
class SignInPorts(RiskPorts):
    """What sign-ins need on top."""

    sign_ins: SignInStore = field(kw_only=True)
    locator: Locator = field(kw_only=True)
    outbox: Outbox = field(kw_only=True)
    bounds: SignInPolicy = field(kw_only=True, default_factory=SignInPolicy)
