"""What a merchant answers, and when others read it. No I/O.

| | written or changed | judged: nothing | hold | show | remove |
|---|---|---|---|---|---|
| (none) | judging | | | | |
| judging: nobody has judged these words yet | judging | shown | held | | removed |
| shown: whoever reads the review reads it | judging | | held | | removed |
| held: kept back until somebody has decided | held | | | shown | removed |
| removed: for good, but for an appeal | | | | shown | |

Nobody but those who run the shop reads words that were not judged: a change takes what stood there from readers at
once, since whoever changes it wants it gone, and shows the new words when they have passed. Who judges says which words
they have seen (`Reply.content`): what was changed meanwhile is judged by a message of its own.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.reviews.rules.blind import EDITABLE
from chalicelib.reviews.rules.problems import NotInState, ReplyNotPossible
from chalicelib.reviews.rules.review import Reply, ReplyState, Review
from chalicelib.reviews.rules.states import Event, State

_PREFIX = "rpl_"
_S, _E = ReplyState, Event
_TABLE = {
    (_S.JUDGING, _E.HOLD): _S.HELD,
    (_S.JUDGING, _E.REMOVE): _S.REMOVED,
    (_S.SHOWN, _E.HOLD): _S.HELD,
    (_S.SHOWN, _E.REMOVE): _S.REMOVED,
    (_S.HELD, _E.SHOW): _S.SHOWN,
    (_S.HELD, _E.REMOVE): _S.REMOVED,
    (_S.REMOVED, _E.SHOW): _S.SHOWN,
}


def reply_id(review_id: str) -> str:
    """Return what the reply to a customer's review is called where it is spoken of by itself: `rpl_...`."""
    return _PREFIX + review_id.partition("_")[2]


def replied_review(id_: str) -> str | None:
    """Return the id of the review that a reply answers; None where the id is not a reply's."""
    return f"rev_{id_.removeprefix(_PREFIX)}" if id_.startswith(_PREFIX) else None


def replied(review: Review, text: str, author_id: str, now: datetime) -> Review:
    """Return a review with the merchant's reply, or with what that is changed to.

    Raises:
        ReplyNotPossible: the review is not shown, or its reply was removed or cannot be changed any more.
    """
    if review.state is not State.SHOWN or review.guest_id is not None:
        raise ReplyNotPossible
    standing = review.reply
    if standing is None:
        reply = Reply(text, author_id, now, state=_S.JUDGING)
    elif standing.state is not _S.REMOVED and now < standing.at + EDITABLE:
        state = _S.HELD if standing.state is _S.HELD else _S.JUDGING
        reply = replace(standing, text=text, author_id=author_id, edited_at=now, state=state)
    else:
        raise ReplyNotPossible
    return _with(review, reply)


def passed(review: Review, content: str) -> Review | None:
    """Return a review whose reply is read from now on; None where these are not its words, or they are judged."""
    reply = review.reply
    if reply is None or reply.state is not _S.JUDGING or reply.content != content:
        return None
    return _with(review, _heard_of(review, replace(reply, state=_S.SHOWN)))


def decided(review: Review, event: Event) -> Review | None:
    """Return a review after what moderation decides about its reply; None where there is none.

    Raises:
        NotInState: that does not happen to it as it stands.
    """
    reply = review.reply
    if reply is None:
        return None
    try:
        state = _TABLE[reply.state, event]
    except KeyError:
        raise NotInState from None
    return _with(review, _heard_of(review, replace(reply, state=state)))


def shown_again(review: Review) -> Review:
    """Return a review that can be read again, with its reply: the author hears of that now, if it passed meanwhile."""
    return review if review.reply is None else replace(review, reply=_heard_of(review, review.reply))


def _heard_of(review: Review, reply: Reply) -> Reply:
    """Return a reply of which the author has heard, where it can be read."""
    is_read = reply.state is _S.SHOWN and review.state is State.SHOWN
    return replace(reply, told=reply.told or is_read)


def _with(review: Review, reply: Reply) -> Review:
    return replace(review, reply=reply, version=review.version + 1)
