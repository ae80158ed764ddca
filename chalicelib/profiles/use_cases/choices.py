"""What somebody wants to be told, and when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import EllipsisType

from chalicelib.kit.auth import Actor
from chalicelib.kit.transaction import retrying
from chalicelib.profiles.ports import Channel, ChoicePorts, Choices, ProfilePorts, QuietHours, Switch, Weight
from chalicelib.profiles.rules.notices import check_quiet, passes, switched, weight


def choices(ports: ChoicePorts, actor: Actor) -> Choices:
    """Return what the caller has chosen."""
    return ports.choices.choices(actor.account_id)


def change_choices(
    ports: ProfilePorts, actor: Actor, switches: Sequence[Switch], quiet: QuietHours | EllipsisType | None
) -> Choices:
    """Switch some notices on or off, and set the quiet hours (None: none; `...`: as they are). Of two changes at once
    each takes effect; the last word about one kind counts.

    Raises:
        Invalid: no such kind or zone, or a kind that cannot be switched off.
    """
    if isinstance(quiet, QuietHours):
        check_quiet(quiet)

    def attempt() -> Choices:
        before = ports.choices.choices(actor.account_id)
        after = switched(before, switches)
        if not isinstance(quiet, EllipsisType):
            after = replace(after, quiet=quiet)
        if after == before:
            return before
        after = replace(after, version=before.version + 1)
        ports.committer.commit([ports.choices.put_choices(actor.account_id, after)])
        return after

    return retrying(attempt)


def wants(ports: ChoicePorts, account_id: str, kind: str, channel: Channel, now: datetime) -> bool:
    """Say whether somebody wants a notice of a kind sent now: one consistent read, none for what is sent anyway."""
    if weight(kind) == Weight.MUST:
        return True
    return passes(ports.choices.choices(account_id), kind, channel, now)


def all_off(ports: ChoicePorts, account_id: str, kind: str) -> bool:
    """Say whether somebody has switched a kind of notice off whichever way it goes: one consistent read."""
    off = ports.choices.choices(account_id).off
    return all((kind, channel) in off for channel in Channel)
