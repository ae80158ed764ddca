"""What reviews say of a person, and what a person said in them.

Of what they wrote of shops the stars stay, for they are the shop's rating; words, earlier words, pictures and the
abbreviated name go. Their votes are taken back, with the count; their reports go. What merchants wrote of them goes
whole: the words, and from the list by which other merchants would see a number. What somebody wrote for a merchant, of
guests and in replies, are the merchant's words; with them stays the id of an account that leads nowhere once it is
gone.
"""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.kit.personal import Told, plain
from chalicelib.kit.transaction import retrying
from chalicelib.orders import personal as orders
from chalicelib.reviews import messages
from chalicelib.reviews.ports import Review, ReviewPorts, Side, State, VoiceKind
from chalicelib.reviews.rules import review_id
from chalicelib.reviews.rules.blind import visible_to_other
from chalicelib.reviews.use_cases.voices import unvote

_HIDDEN = ("reasons", "cleared", "reports", "author_id", "told")
"""How something came to be looked at tells how to get around it; who wrote for a merchant is another person."""
_AT_ONCE = 50  # earlier words that one transaction takes
GONE = "erased"
"""In the place of a guest who is erased."""


def personal_data(ports: ReviewPorts, account_id: str) -> Told:
    """Return what they have written, what was written of them once they may read it, their votes and reports."""
    now = ports.clock.now()
    known = [replace(one, reply=one.read_reply) for one in _reviews(ports, account_id)]
    return {
        "reviews": [plain(one, *_HIDDEN) for one in known if one.author_id == account_id],
        "of_you": [plain(one, *_HIDDEN) for one in known if one.guest_id == account_id and visible_to_other(one, now)],
        "said_of_reviews": [plain(one) for one in ports.voices.of_account(account_id)],
    }


def erase(ports: ReviewPorts, account_id: str) -> None:
    """Take the words out of their reviews and of those about them, and tell whoever shows them."""
    for one in _reviews(ports, account_id):
        retrying(lambda one=one: _silence(ports, one.id))  # type: ignore[misc] # bound to this turn
    for voice in list(ports.voices.of_account(account_id)):
        if voice.kind is VoiceKind.VOTE:
            unvote(ports, account_id, voice.review_id)
        else:
            ports.committer.commit([ports.voices.take_back(voice.kind, voice.review_id, account_id)])


def _silence(ports: ReviewPorts, review_id: str) -> None:
    """Take what a person said, or what was said of them, out of a review. Also where it says nothing by now earlier
    words stand, as many as it was changed, which may fit in no one transaction; and photographs may be on their way.
    """
    review = ports.store.review(review_id)
    if review is None:
        return
    earlier = ports.store.forget(review_id)
    for at in range(0, len(earlier), _AT_ONCE):
        ports.committer.commit(earlier[at : at + _AT_ONCE])
    silent = replace(review, text="", author=None, media=(), version=review.version + 1)
    if review.side is Side.MERCHANT:
        silent = replace(silent, state=State.REMOVED, guest_id=GONE, reasons=(GONE,))
    actions = [ports.outbox.put(messages.forget_media(review_id, ports.clock.now()))]
    is_silent = silent == replace(review, version=silent.version)
    if not is_silent:
        actions += ports.store.change(review, silent)
    if not is_silent and review.side is Side.CUSTOMER:
        actions.append(ports.outbox.put(messages.rating_changed(silent, ports.clock.now())))
    ports.committer.commit(actions)


def _reviews(ports: ReviewPorts, account_id: str) -> Iterator[Review]:
    """Yield what they wrote as a customer, and what was written of them as a guest."""
    for order in orders.of_customer(ports.orders, account_id):
        ids = [review_id(line.id, side) for line in order.lines for side in Side]
        for found in ports.store.reviews(ids).values():
            if account_id in (found.author_id, found.guest_id):
                yield found
