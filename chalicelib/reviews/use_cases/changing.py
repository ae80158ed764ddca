"""What becomes of a review that was written: its author changes it, its merchant answers."""

from dataclasses import replace

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import retrying
from chalicelib.reviews import messages
from chalicelib.reviews.ports import Review, ReviewPorts, Side, State
from chalicelib.reviews.rules.blind import must_be_editable
from chalicelib.reviews.rules.replies import replied
from chalicelib.reviews.use_cases.moderate import told_of_reply
from chalicelib.reviews.use_cases.read import known, with_merchant
from chalicelib.reviews.use_cases.writing import Opinion, must_fit


def edit(ports: ReviewPorts, actor: Actor, review_id: str, opinion: Opinion) -> Review:
    """Change what a review says, and keep what it said for moderation. What is held stays so.

    Raises:
        NotFound: no such review, or not the actor's own.
        EditingOver: its time is over, or both sides can read each other's.
        Invalid: stars for what the shop has not.
        Busy: others changed it all the while.
    """

    def attempt() -> Review:
        before, now = known(ports, review_id), ports.clock.now()
        if before.author_id != actor.account_id:
            raise NotFound("review")
        must_be_editable(before, now)
        after = replace(
            before.uncleared(),
            stars=opinion.stars,
            aspects=opinion.aspects,
            staff_stars=opinion.staff_stars,
            text=opinion.text,
            language=opinion.language,
            edited_at=now,
            edits=before.edits + 1,
            version=before.version + 1,
        )
        if after.side is Side.CUSTOMER:
            must_fit(ports, after)
        else:
            after = replace(after, aspects={}, staff_stars=None)
        actions = [*ports.store.change(before, after), ports.store.keep(before, now)]
        actions.append(ports.outbox.put(messages.to_judge(messages.EDITED, after, now)))
        if after.state is State.SHOWN and after.side is Side.CUSTOMER:
            actions.append(ports.outbox.put(messages.rating_changed(after, now)))
        ports.committer.commit(actions)
        return after

    return retrying(attempt)


def reply(ports: ReviewPorts, actor: Actor, review_id: str, text: str) -> Review:
    """Write the merchant's reply to a review that everybody reads, or change it. Others read it once it was judged; the
    author hears of it then.

    Raises:
        NotFound: no such review, or not of the actor's shop.
        ReplyNotPossible: it is not shown, or the reply's time is over, or it was removed.
        Busy: others changed it all the while.
    """

    def attempt() -> Review:
        before, now = with_merchant(ports, known(ports, review_id)), ports.clock.now()
        actor.must_have(before.merchant_id, "review")
        after = replied(before, text, actor.account_id, now)
        judged = ports.outbox.put(messages.to_judge(messages.REPLY_WRITTEN, after, now))
        ports.committer.commit([*ports.store.change(before, after), judged, *told_of_reply(ports, before, after)])
        return after

    return retrying(attempt)
