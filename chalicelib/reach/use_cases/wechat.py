"""What people agreed to at WeChat, told by the mini program that asked them (`wx.requestSubscribeMessage`).

It is the app's word: who tells of an agreement that there was not has one message of theirs refused by WeChat, and the
count is right again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import retrying
from chalicelib.reach.ports import ReachPorts, Template
from chalicelib.reach.rules.devices import MOST_CONSENTS, TemplateUnknown


@dataclass(frozen=True)
class Agreed:
    """A template, and how many of its messages somebody still takes."""

    template: Template
    left: int


def agreed(ports: ReachPorts, actor: Actor) -> Sequence[Agreed]:
    """Return all templates that somebody can agree to, and what is left of each."""
    left = ports.consents.counts(actor.account_id)
    return [Agreed(one, left.get(one.id, 0)) for one in ports.templates]


def agree(ports: ReachPorts, actor: Actor, templates: Sequence[str], once: Once) -> Sequence[Agreed]:
    """Count one more message for each template that somebody agreed to.

    Raises:
        TemplateUnknown: one of them is none of ours.
    """
    wanted = sorted(set(templates))
    if not set(wanted) <= {one.id for one in ports.templates}:
        raise TemplateUnknown

    def attempt() -> Sequence[Agreed]:
        left = dict(ports.consents.counts(actor.account_id))
        actions = []
        for one in wanted:
            if left.get(one, 0) < MOST_CONSENTS:
                actions.append(ports.consents.agree(actor.account_id, one, MOST_CONSENTS))
                left[one] = left.get(one, 0) + 1
        after = [Agreed(one, left.get(one.id, 0)) for one in ports.templates]
        ports.committer.commit([*actions, ports.idempotency.remember(once, after)])
        return after

    return retrying(attempt)
