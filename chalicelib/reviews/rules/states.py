"""The states of a review, and what leads from one to another.

| | open | hold | show | remove |
|---|---|---|---|---|
| blind: written, and nobody but its author reads it | shown | held | | removed |
| shown: everybody reads it, and it counts | | held | | removed |
| held: kept from readers until somebody has decided | (is open by then) | | shown, or blind | removed |
| removed: for good, but for an appeal | (is open by then) | | shown, or blind | |

A review counts in its shop's rating and stands in its shop's list while it is shown, and at no other time. What is held
or removed before it was opened goes back to blind when it is shown again before its time: holding a review is no way
to read the other side's first. That it was opened meanwhile is kept by `Review.opened`.
"""

from enum import StrEnum

from chalicelib.reviews.rules.problems import NotInState


class State(StrEnum):
    """See the table above."""

    BLIND = "blind"
    SHOWN = "shown"
    HELD = "held"
    REMOVED = "removed"


class Event(StrEnum):
    """What happens to a review: its time comes, and what moderation decides."""

    OPEN = "open"
    HOLD = "hold"
    SHOW = "show"
    REMOVE = "remove"


_S, _E = State, Event
TABLE: dict[tuple[State, Event], State] = {
    (_S.BLIND, _E.OPEN): _S.SHOWN,
    (_S.BLIND, _E.HOLD): _S.HELD,
    (_S.BLIND, _E.REMOVE): _S.REMOVED,
    (_S.SHOWN, _E.HOLD): _S.HELD,
    (_S.SHOWN, _E.REMOVE): _S.REMOVED,
    (_S.HELD, _E.OPEN): _S.HELD,
    (_S.HELD, _E.SHOW): _S.SHOWN,
    (_S.HELD, _E.REMOVE): _S.REMOVED,
    (_S.REMOVED, _E.OPEN): _S.REMOVED,
    (_S.REMOVED, _E.SHOW): _S.SHOWN,
}


def after(state: State, event: Event, *, opened: bool) -> State:
    """Return the state after an event.

    Args:
        state: the state before.
        event: what happens.
        opened: whether the review is open by then: both sides wrote, or the time for it is over.

    Raises:
        NotInState: that does not happen in this state.
    """
    try:
        found = TABLE[state, event]
    except KeyError:
        raise NotInState from None
    return State.BLIND if found is State.SHOWN and not opened and event is Event.SHOW else found
