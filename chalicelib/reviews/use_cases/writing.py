"""Writing a review, from either side: see `rules.blind` for who may, and when the other reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.accounts import use_cases as accounts
from chalicelib.booking import use_cases as booking
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import FieldError, Invalid, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import Action, retrying
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Line
from chalicelib.reviews import messages
from chalicelib.reviews.ports import Review, ReviewPorts, Side, State, StatePorts
from chalicelib.reviews.rules import Aspect, abbreviated, aspects_of, review_id
from chalicelib.reviews.rules.blind import beside
from chalicelib.shops import use_cases as shops

# Many who review a shop at once may meet in a row of its rating, which one transaction at a time touches.
_ATTEMPTS = 14
_BOOKING = "booking"  # the kind of line that somebody serves


@dataclass(frozen=True)
class Opinion:
    """What somebody says; see `Review` for the fields."""

    stars: int
    text: str
    language: str
    aspects: Mapping[Aspect, int] = field(default_factory=dict)
    staff_stars: int | None = None


Trace = Mapping[str, str | None]
"""From where something was written: blind indexes of `device`, `signed_in_on` (a device too) and `network`."""


def write(
    ports: ReviewPorts,
    actor: Actor,
    order_id: str,
    line_id: str,
    opinion: Opinion,
    once: Once | None,
    trace: Trace | None = None,
) -> Review:
    """Write the customer's review of a completed line, in one transaction with what follows from it: where the shop has
    written of the customer, both are opened. Moderation hears of it, and from where it was written.

    Raises:
        NotFound: no such line, or not the actor's.
        Conflict: the line is not completed.
        Invalid: stars for what the shop has not: an aspect, somebody who served.
        AlreadyReviewed: it has a review.
        WritingOver: the shop's review of the customer can be read.
        Busy: too many reviewed the shop at once.
    """
    order, line = orders.reviewable(ports.orders, actor, order_id, line_id)
    author = accounts.contact(ports.accounts, actor.account_id)
    review = Review(
        id=review_id(line.id, Side.CUSTOMER),
        shop_id=line.shop_id,
        merchant_id=line.merchant_id,
        order_id=order.id,
        line_id=line.id,
        author_id=actor.account_id,
        author=abbreviated(author.name),
        stars=opinion.stars,
        aspects=opinion.aspects,
        staff_id=_served_by(ports, actor, line),
        staff_stars=opinion.staff_stars,
        text=opinion.text,
        language=opinion.language,
        created_at=ports.clock.now(),
    )
    must_fit(ports, review)
    return _write(ports, review, actor.account_id, once, trace)


def write_of_guest(
    ports: ReviewPorts, actor: Actor, order_id: str, line_id: str, opinion: Opinion, once: Once | None
) -> Review:
    """Write what those who run the shop think of the customer of a completed line, likewise.

    Raises:
        NotFound: no such line, or not of the actor's shop; or the customer is erased.
        Conflict, AlreadyReviewed, WritingOver, Busy: as `write`.
    """
    order, line = orders.served(ports.orders, actor, order_id, line_id)
    if accounts.account(ports.accounts, order.customer_id).is_erased:
        raise NotFound("guest")
    review = Review(
        id=review_id(line.id, Side.MERCHANT),
        shop_id=line.shop_id,
        merchant_id=line.merchant_id,
        order_id=order.id,
        line_id=line.id,
        author_id=actor.account_id,
        author=None,
        side=Side.MERCHANT,
        guest_id=order.customer_id,
        stars=opinion.stars,
        text=opinion.text,
        language=opinion.language,
        created_at=ports.clock.now(),
    )
    return _write(ports, review, order.customer_id, once)


def must_fit(ports: ReviewPorts, review: Review) -> None:
    """Let pass a customer's review that gives stars to what there is.

    Raises:
        Invalid: an aspect that the shop's categories have not; somebody who served where nobody is named.
    """
    can = aspects_of(shops.shop(ports.shops, review.shop_id).categories)
    wrong = [FieldError(f"aspects.{one}", "not of this shop") for one in review.aspects if one not in can]
    if review.staff_stars is not None and review.staff_id is None:
        wrong.append(FieldError("staff_stars", "nobody is named who served"))
    if wrong:
        raise Invalid(errors=tuple(wrong))


def told_open(ports: StatePorts, review: Review, customer_id: str) -> list[Action]:
    """Return the messages of a review that was opened: those who hear that they can read it, and the shop's page. What
    is held or removed is read by nobody.
    """
    if review.state is not State.SHOWN:
        return []
    now = ports.clock.now()
    told = [messages.posted(review, customer_id, now)]
    if review.side is Side.CUSTOMER:
        told.append(messages.rating_changed(review, now))
    return [ports.outbox.put(one) for one in told]


def _write(ports: ReviewPorts, wish: Review, customer_id: str, once: Once | None, trace: Trace | None = None) -> Review:
    def attempt() -> Review:
        known = ports.store.reviews((wish.id, wish.other_id))
        other = known.get(wish.other_id)
        if wish.id in known:  # the write is refused: by its key, or because there is one
            review, opened = wish, None
        else:
            review, opened = beside(wish, other, ports.clock.now())
        actions = ports.store.write(review, other, opened)
        actions.append(ports.outbox.put(messages.to_judge(messages.WRITTEN, review, review.created_at, trace)))
        if opened is None:
            actions.append(ports.outbox.put(messages.waiting(review, customer_id)))
        else:
            actions += told_open(ports, review, customer_id) + told_open(ports, opened, customer_id)
        if once is not None:
            actions.append(ports.idempotency.remember(once, review))
        ports.committer.commit(actions)
        return review

    return retrying(attempt, attempts=_ATTEMPTS)


def _served_by(ports: ReviewPorts, actor: Actor, line: Line) -> str | None:
    if line.kind != _BOOKING:
        return None
    return booking.get(ports.booking, actor, line.ref).staff_id
