"""What moderation does with a review, or with the reply to one: the writes, for the transaction of whoever decides. By
its id (`rules.reply_id`) a reply is held, shown and removed as a review is; its review stays as it is.

Each reads the review and decides on what it read; should somebody change the review meanwhile, the transaction meets
`Contention` and the caller decides again (`kit.transaction.retrying` around reading and committing). Where there is
nothing to do any more, there are no writes: a repeat does no harm.
"""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.kit.transaction import Action
from chalicelib.reviews import messages
from chalicelib.reviews.ports import Review, StatePorts
from chalicelib.reviews.rules import Event, NotInState, Side, State, after, replied_review
from chalicelib.reviews.rules.replies import decided, passed, shown_again
from chalicelib.reviews.use_cases.read import known


def hold(ports: StatePorts, review_id: str, reasons: Sequence[str]) -> list[Action]:
    """Return the writes that keep a review from readers, and out of the rating, until somebody has decided: nothing
    where it is held or removed already.

    Args:
        ports: what a change of state needs.
        review_id: the review.
        reasons: codes of why; kept on the review until it is shown.

    Raises:
        NotFound: no such review.
    """
    if (answered := replied_review(review_id)) is not None:
        return _reply_moved(ports, answered, Event.HOLD)
    review = known(ports, review_id)
    if review.state in (State.HELD, State.REMOVED):
        return []
    return _moved(ports, review, Event.HOLD, reasons)


def show(ports: StatePorts, review_id: str) -> list[Action]:
    """Return the writes that give a held or removed review back to its readers and to the rating; it stays blind until
    its time where that has not come. Nothing where it is neither held nor removed. The other side hears that it can be
    read, where it has not: nobody told it of what was held when it was opened.

    Raises:
        NotFound: no such review.
    """
    if (answered := replied_review(review_id)) is not None:
        return _reply_moved(ports, answered, Event.SHOW)
    review = known(ports, review_id)
    if review.state in (State.BLIND, State.SHOWN):
        return []
    return _moved(ports, review, Event.SHOW, ())


def remove(ports: StatePorts, review_id: str, reasons: Sequence[str]) -> list[Action]:
    """Return the writes that take a review away; nothing where it is removed already. An appeal that is right brings it
    back by `show`.

    Raises:
        NotFound: no such review.
    """
    if (answered := replied_review(review_id)) is not None:
        return _reply_moved(ports, answered, Event.REMOVE)
    review = known(ports, review_id)
    if review.state is State.REMOVED:
        return []
    return _moved(ports, review, Event.REMOVE, reasons)


def pass_reply(ports: StatePorts, review_id: str, content: str) -> list[Action]:
    """Return the writes that let readers have a reply in which nothing was found; nothing where it was judged, or is of
    other words by now.

    Args:
        ports: what a change of state needs.
        review_id: the review that it answers.
        content: the digest of the words that were judged.

    Raises:
        NotFound: no such review.
    """
    review = known(ports, review_id)
    new = passed(review, content)
    return [] if new is None else [*ports.store.change(review, new), *told_of_reply(ports, review, new)]


def told_of_reply(ports: StatePorts, before: Review, now: Review) -> list[Action]:
    """Return the messages of what became of a reply: the shop's page hears what its readers see, and the author, once,
    that there is one.
    """
    at, told = ports.clock.now(), []
    if before.read_reply != now.read_reply:
        told.append(messages.rating_changed(now, at))
    if _hears_of_reply(before, now):
        told.append(messages.replied(now, at))
    return [ports.outbox.put(one) for one in told]


def _hears_of_reply(before: Review, now: Review) -> bool:
    return now.reply is not None and now.reply.told and before.reply is not None and not before.reply.told


def _reply_moved(ports: StatePorts, review_id: str, event: Event) -> list[Action]:
    review = known(ports, review_id)
    try:
        moved = decided(review, event)
    except NotInState:  # it is there already: held, shown or removed
        moved = None
    return [] if moved is None else [*ports.store.change(review, moved), *told_of_reply(ports, review, moved)]


def _moved(ports: StatePorts, review: Review, event: Event, reasons: Sequence[str]) -> list[Action]:
    state = after(review.state, event, opened=review.opened)
    moved = replace(
        review,
        state=state,
        reasons=tuple(sorted(set(reasons))),
        cleared=review.cleared or event is Event.SHOW,
        version=review.version + 1,
    )
    moved = shown_again(moved)
    actions = ports.store.change(review, moved)
    if _hears_of_reply(review, moved):
        actions.append(ports.outbox.put(messages.replied(moved, ports.clock.now())))
    if State.SHOWN in (review.state, moved.state) and review.side is Side.CUSTOMER:
        actions.append(ports.outbox.put(messages.rating_changed(moved, ports.clock.now())))
    if event is Event.SHOW and state is State.SHOWN:
        told = messages.posted(moved, moved.guest_id or moved.author_id, ports.clock.now())
        actions.append(ports.outbox.put(told))
    return actions
