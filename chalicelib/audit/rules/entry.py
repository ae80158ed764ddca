"""What an entry of the audit log says. No I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.kit.auth import Actor
from chalicelib.kit.ids import new_id

LONGEST_REASON = 500  # characters
MOST_DETAILS = 2_000  # bytes of JSON

Detail = str | int | bool | None


@dataclass(frozen=True)
class Entry:
    """Who did what to which object, from where and why.

    Attributes:
        actor_id: an account, or `system:<domain>` where nobody pressed a button.
        action: `domain.verb`, such as `risk.freeze`.
        object: what was touched, as its domain names it: `account:acc_...`, `alert:alr_...`.
        reason: why, in the actor's words.
        source_ip: where the request came from; None where there was none.
        details: a few figures and ids beside; never a name, a number or an address of a person.
        id: `aud_...`; one that is derived keeps a repeat from noting the same thing twice.

    Raises:
        ValueError: too long to be kept for ever: its caller failed to bound it.
    """

    actor_id: str
    action: str
    object: str
    reason: str
    source_ip: str | None
    details: Mapping[str, Detail] = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("aud"))

    def __post_init__(self) -> None:
        if len(self.reason) > LONGEST_REASON:
            raise ValueError(f"a reason has {LONGEST_REASON} characters at most")
        if len(json.dumps(dict(self.details), ensure_ascii=False).encode()) > MOST_DETAILS:
            raise ValueError(f"details have {MOST_DETAILS} bytes at most")


@dataclass(frozen=True)
class Why:
    """What a request says beside what it wants: why, and from where."""

    reason: str
    source_ip: str | None = None

    def entry(self, actor: Actor, action: str, name: str, details: Mapping[str, Detail] | None = None) -> Entry:
        """Return the entry of something that an actor did to an object of this name."""
        told = dict(details or {})
        if actor.agent_id is not None:
            told["acting_as"] = actor.account_id
        return Entry(actor.agent_id or actor.account_id, action, name, self.reason, self.source_ip, told)


UNSAID = Why("")
"""Of what needs no reason: people change what is their own."""
