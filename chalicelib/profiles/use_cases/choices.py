"""What somebody wants to be told, and when."""

from collections.abc import Sequence
from dataclasses import replace
from types import EllipsisType

from chalicelib.kit.auth import Actor
from chalicelib.kit.transaction import retrying
from chalicelib.profiles.ports import (
    Channel,
    ChoicePorts,
    Choices,
    Digest,
    ProfilePorts,
    QuietHours,
    Switch,
)
from chalicelib.profiles.rules.notices import check_digest, check_quiet, switched


def choices(ports: ChoicePorts, actor: Actor) -> Choices:
    """Return what the caller has chosen."""
    return ports.choices.choices(actor.account_id)


def change_choices(
    ports: ProfilePorts,
    actor: Actor,
    switches: Sequence[Switch],
    quiet: QuietHours | EllipsisType | None,
    digest: Digest | EllipsisType | None = ...,
) -> Choices:
    """Switch some notices on or off, and set the quiet hours and the digest (None: none; `...`: as they are). Of two
    changes at once each takes effect; the last word about one kind counts.

    Raises:
        Invalid: no such kind or zone, or a kind that cannot be switched off.
    """
    if isinstance(quiet, QuietHours):
        check_quiet(quiet)
    if isinstance(digest, Digest):
        check_digest(digest)
    return _change(ports, actor.account_id, switches, quiet, digest)


def _change(
    ports: ChoicePorts,
    account_id: str,
    switches: Sequence[Switch],
    quiet: QuietHours | EllipsisType | None = ...,
    digest: Digest | EllipsisType | None = ...,
) -> Choices:
    def attempt() -> Choices:
        before = ports.choices.choices(account_id)
        after = switched(before, switches)
        if not isinstance(digest, EllipsisType):
            after = replace(after, digest=digest)
        if not isinstance(quiet, EllipsisType):
            after = replace(after, quiet=quiet)
        if after == before:
            return before
        after = replace(after, version=before.version + 1)
        ports.committer.commit([ports.choices.put_choices(account_id, after)])
        return after

    return retrying(attempt)


def choices_of(ports: ChoicePorts, account_id: str) -> Choices:
    """Return what somebody has chosen: one consistent read."""
    return ports.choices.choices(account_id)


def stop(ports: ChoicePorts, account_id: str, kind: str) -> None:
    """Switch a kind of notice off through every channel, for somebody who said so by a signed address and is not signed
    in. A repeat changes nothing.

    Raises:
        Invalid: no such kind, or one that cannot be switched off.
    """
    _change(ports, account_id, [Switch(kind, channel, on=False) for channel in Channel])


def all_off(ports: ChoicePorts, account_id: str, kind: str) -> bool:
    """Say whether somebody has switched a kind of notice off whichever way it goes: one consistent read."""
    off = ports.choices.choices(account_id).off
    return all((kind, channel) in off for channel in Channel)
