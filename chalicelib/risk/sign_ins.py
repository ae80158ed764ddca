"""What is odd about a sign-in, and what becomes of it. No I/O.

Nothing that strangers do keeps somebody out: whoever guesses at an account is slowed down from where they guess, a
device that the account knows goes on, and what is odd asks for a second factor where there is one, else it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from chalicelib.kit import cells
from chalicelib.risk.rules import Limit, Log, Outcome, Window, decide

_KM = 1_000.0  # metres
_COARSE_KM = 8.0  # what rounding to a tenth of a degree moves a position at most: half the diagonal of 11 by 11 km


class Ruling(StrEnum):
    """What becomes of a sign-in."""

    PASS = "pass"  # noqa: S105 - a word
    TELL = "tell"  # it passes, and the person is told
    STEP_UP = "step-up"  # it needs a second factor
    REFUSE = "refuse"


class Sign(StrEnum):
    """What is odd about a sign-in."""

    NEW_DEVICE = "new-device"
    TRAVEL = "impossible-travel"
    DORMANT = "dormant"  # nobody has signed in for long
    AFTER_CHANGE = "after-change"  # how one signs in was changed a moment ago
    GUESSED = "guessed"  # somebody guesses at this account
    STUFFING = "stuffing"  # many accounts are guessed at from this network
    CROWD = "crowd"  # many accounts are new on this device
    FROZEN = "frozen"


_HEAVY = frozenset({Sign.TRAVEL, Sign.GUESSED, Sign.STUFFING, Sign.CROWD, Sign.DORMANT, Sign.AFTER_CHANGE})


@dataclass(frozen=True)
class Position:
    """Where an address is thought to be: degrees (WGS-84), and how far off that may be."""

    lat: float
    lon: float
    radius_km: float


@dataclass(frozen=True)
class Seen:
    """Where an account was signed in to, and when."""

    position: Position
    at: datetime


@dataclass(frozen=True)
class Device:
    """A device that an account was signed in to on; `index` is blind."""

    index: str
    last: datetime


@dataclass(frozen=True)
class File:
    """What is kept of an account's sign-ins; version 0: nothing.

    Attributes:
        devices: the last one first.
        signed_in_at: when anybody signed in last.
        seen: the last place that is known.
    """

    devices: tuple[Device, ...] = ()
    signed_in_at: datetime | None = None
    seen: Seen | None = None
    version: int = 0


_TRIES = Limit((Window(timedelta(minutes=10), 10), Window(timedelta(days=1), 40)), Outcome.REFUSE)
_GUESSES = Limit((Window(timedelta(minutes=10), 15), Window(timedelta(days=1), 40)), Outcome.REVIEW)


@dataclass(frozen=True)
class SignInPolicy:
    """All bounds of sign-ins. They are guesses until real traffic is seen.

    Attributes:
        speed_kmh: nobody is faster: an airliner's cruise and some wind.
        slack_km: what two positions may be apart at any speed.
        kept: how long devices and places are remembered; as long without a sign-in, an account is dormant.
        devices: so many are remembered of an account.
        after_change: so long after a change of how one signs in, a new device is odd.
        tries: of one account from one network, or from one device that it knows.
        guesses: wrong ones at one account, from wherever; more make a new device odd.
        crowd: more accounts than that, new on one device within a UTC date, are odd.
        network_crowd: likewise in one network within an hour; that is an alert alone: many honest people share one.
        stuffing: so many accounts guessed at from one network within an hour.
    """

    speed_kmh: float = 1_000
    slack_km: float = 100
    kept: timedelta = timedelta(days=90)
    devices: int = 10
    after_change: timedelta = timedelta(hours=1)
    tries: Limit = _TRIES
    guesses: Limit = _GUESSES
    crowd: int = 4
    network_crowd: int = 30
    stuffing: int = 10


@dataclass(frozen=True)
class Facts:
    """What is known when somebody signs in.

    Attributes:
        is_frozen: the account cannot be signed in to.
        guesses: the last wrong guesses at it.
        victims: how many accounts were guessed at from the network within the hour.
    """

    file: File = File()
    is_frozen: bool = False
    guesses: Log = field(default_factory=Log)
    victims: int = 0


@dataclass(frozen=True)
class Circumstances:
    """A sign-in, as the rules see it.

    Attributes:
        device: its index.
        seen: where; None where that is not known, or the address says nothing about it (a VPN, a relay).
        since: when the account was made.
        changed_at: when how one signs in was changed last.
    """

    device: str
    at: datetime
    seen: Seen | None
    since: datetime
    changed_at: datetime | None = None


def named(account_id: str | None, typed: str = "") -> str:
    """Return what somebody is counted as who is signed in as: an account, or what was typed where there is none."""
    return f"typed {typed}" if account_id is None else f"account {account_id}"


def coarse(position: Position) -> Position:
    """Return a position as it is kept: to a tenth of a degree, the radius wider by what that moves it."""
    return Position(round(position.lat, 1), round(position.lon, 1), ceil(position.radius_km + _COARSE_KM))


def is_impossible(one: Seen, other: Seen, policy: SignInPolicy) -> bool:
    """Say whether nobody can have been at both places. Clocks may disagree about which was first: only the time
    between them counts. Of two circles the nearest points count, by the great circle.
    """
    a, b = one.position, other.position
    apart = cells.metres(a.lat, a.lon, b.lat, b.lon) / _KM - a.radius_km - b.radius_km - policy.slack_km
    hours = abs(other.at - one.at) / timedelta(hours=1)
    return apart > policy.speed_kmh * hours


def known(file: File, device: str, at: datetime, policy: SignInPolicy) -> bool:
    """Say whether an account knows a device."""
    return any(one.index == device and one.last > at - policy.kept for one in file.devices)


def signs(facts: Facts, case: Circumstances, policy: SignInPolicy) -> frozenset[Sign]:
    """Return what is odd, but for a crowd. The first sign-in of a new account has nothing to differ from."""
    file = facts.file
    if facts.is_frozen:
        return frozenset({Sign.FROZEN})
    is_dormant = case.at - (file.signed_in_at or case.since) > policy.kept
    if file.version == 0 and not is_dormant:
        return frozenset()
    found = {Sign.DORMANT} if is_dormant else set[Sign]()
    lately = file.seen if file.seen and case.at - file.seen.at <= policy.kept else None
    if lately and case.seen and is_impossible(lately, case.seen, policy):
        found.add(Sign.TRAVEL)
    if known(file, case.device, case.at, policy):
        return frozenset(found)
    found.add(Sign.NEW_DEVICE)
    if case.changed_at is not None and abs(case.at - case.changed_at) <= policy.after_change:
        found.add(Sign.AFTER_CHANGE)
    if decide(facts.guesses, policy.guesses, 0, case.at).outcome != Outcome.ALLOW:
        found.add(Sign.GUESSED)
    if facts.victims >= policy.stuffing:
        found.add(Sign.STUFFING)
    return frozenset(found)


def ruling(found: frozenset[Sign], *, has_second_factor: bool, is_proven_twice: bool) -> Ruling:
    """Return what becomes of a sign-in with these signs. A new device alone is told; all else asks for more, where the
    account has more.
    """
    if Sign.FROZEN in found:
        return Ruling.REFUSE
    if found & _HEAVY and has_second_factor and not is_proven_twice:
        return Ruling.STEP_UP
    return Ruling.TELL if found else Ruling.PASS


def signed_in(file: File, case: Circumstances, policy: SignInPolicy) -> File:
    """Return the file after a sign-in. Of two moments the later one counts: a clock may go backwards."""
    standing = {one.index: one.last for one in file.devices}
    standing[case.device] = max(case.at, standing.get(case.device, case.at))
    devices = sorted((Device(index, last) for index, last in standing.items()), key=lambda one: one.last, reverse=True)
    fresh = [one for one in devices if one.last > case.at - policy.kept or one.index == case.device]
    here = Seen(coarse(case.seen.position), case.seen.at) if case.seen else None
    places = [one for one in (file.seen, here) if one]
    return File(
        tuple(fresh[: policy.devices]),
        max(case.at, file.signed_in_at or case.at),
        max(places, key=lambda one: one.at, default=None),
        file.version + 1,
    )


_AGENTS: Mapping[str, str] = {
    "MicroMessenger": "WeChat", "AlipayClient": "Alipay", "iPhone": "iPhone", "iPad": "iPad", "HarmonyOS": "HarmonyOS",
    "Android": "Android", "Windows": "Windows", "Macintosh": "Mac", "CrOS": "ChromeOS", "Linux": "Linux",
}  # fmt: skip
_APPS = {"WeChat", "Alipay"}


def agent_name(agent: str | None) -> str | None:
    """Return what a User-Agent says that a person knows their device by, such as `WeChat, iPhone`; None for nothing. It
    is made of our own words alone: the header is a stranger's.
    """
    found = [name for mark, name in _AGENTS.items() if mark.lower() in (agent or "").lower()]
    apps, systems = [one for one in found if one in _APPS], [one for one in found if one not in _APPS]
    return ", ".join([*apps[:1], *systems[:1]]) or None
