"""What is looked at by itself: words, photographs as a classifier saw them, signs, reports. What is suspicious is held,
and a case opened or brought back, in one transaction with the review's state and its shop's rating. A merchant's reply
is read by nobody until this has found nothing in it.

A message that comes twice finds its reasons on the case and changes nothing. One that dies half-way did some of what it
will do again. A sign that concerns several reviews holds each in a transaction of its own: should it die between two,
the repeat holds the rest. Where the classifier does not answer the words wait for it (`rules.waiting`) and the message
is done: rules and signs have judged by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.ports import Account
from chalicelib.kit.errors import NotFound
from chalicelib.kit.observability import log, metric
from chalicelib.kit.outbox import Message
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.moderation.messages import AGAIN
from chalicelib.moderation.ports import Case, ClassifierDown, Facts, JudgePorts, Reason, Seen
from chalicelib.moderation.rules import cases, signs, words
from chalicelib.moderation.rules.waiting import unjudged
from chalicelib.moderation.use_cases.subjects import Subject, subject
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Line
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.messages import DOUBTED, EDITED, FLAGGED, REPLY_WRITTEN, REPORTED, WRITTEN
from chalicelib.reviews.ports import Review, Side, State, reply_id
from chalicelib.risk import use_cases as risk
from chalicelib.shops import use_cases as shops
from chalicelib.team import use_cases as team

REFUNDED = "order.refunded"
_OF_WORDS = frozenset({WRITTEN, EDITED, REPLY_WRITTEN})
MOST_SEEN, MOST_OF_ONE, MOST_NEAR = 100, 10, 300
"""How many of a shop's reviews, of an author's, and of those near each of these in time and place signs look at."""


def judge(ports: JudgePorts, message: Message) -> None:
    """Work a message of the queue `moderation`."""
    told = message.payload
    if message.type == REFUNDED:
        _refunded(ports, str(told["order_id"]))
        return
    if message.type == AGAIN:
        _judge_again(ports, str(told["review_id"]))
        return
    id_ = reply_id(str(told["review_id"])) if message.type == REPLY_WRITTEN else str(told["review_id"])
    about = subject(ports.reviews, id_)
    if about is None or about.is_removed:
        log.info("nothing to judge", review_id=id_)
        return
    if message.type in _OF_WORDS:
        _hold(ports, about.id, words.reasons(about.text))
    if message.type in {WRITTEN, EDITED} and about.review.side is Side.CUSTOMER:
        order = orders.read(ports.orders, about.review.order_id)
        line = order.line(about.review.line_id)
        if message.type == WRITTEN:
            _look_for_signs(ports, about.review, line, told.get("trace") or {})
        _hold_if_refunded(ports, about.review, line)
    _told_by_others(ports, about, message)
    if message.type in _OF_WORDS:  # the last: while it does not answer, all else is done
        _ask(ports, about)


def _told_by_others(ports: JudgePorts, about: Subject, message: Message) -> None:
    """Hold what the worker of photographs or readers say should be looked at; of readers only what they hold
    themselves, else somebody has decided since. What its shop doubts is looked at, and read meanwhile.
    """
    if message.type == FLAGGED:
        _hold(ports, about.id, [str(one) for one in message.payload["reasons"]])
    elif message.type == REPORTED and about.is_held:
        _hold(ports, about.id, [Reason.REPORTED])
    elif message.type == DOUBTED and about.review.state is State.SHOWN:
        retrying(lambda: _held(ports, about.id, (Reason.REPORTED,), holds=False))


def _ask(ports: JudgePorts, about: Subject) -> bool:
    """Have the classifier judge words, and let readers have a reply in which nothing was found; False where it does not
    answer, and they wait for it.
    """
    if about.text:
        try:
            labels = ports.classifier.labels(about.text, about.language)
        except ClassifierDown as down:
            log.warning("words wait for a classifier", review_id=about.id, reason=str(down))
            ports.committer.commit([ports.store.wait(unjudged(about.id, ports.clock.now()))])
            return False
        _hold(ports, about.id, [f"{Reason.TOXIC}:{label}" for label in labels])
    if about.is_reply:
        passed = partial(reviews.pass_reply, ports.reviews, about.review.id, about.content)
        retrying(lambda: ports.committer.commit(passed()))
    return True


def _judge_again(ports: JudgePorts, review_id: str) -> None:
    """Have what waits for the classifier judged as it stands now, and take it from what waits. Rules look again: the
    message of words that came meanwhile may come later than this, and a reply that passes here is read.
    """
    waits = ports.store.unjudged(review_id)
    if waits is None:
        return
    about = subject(ports.reviews, review_id)
    if about is not None and not about.is_removed:
        _hold(ports, about.id, words.reasons(about.text))
        if not _ask(ports, about):
            return
    try:
        ports.committer.commit([ports.store.judged(waits)])
    except Contention:  # other words came meanwhile, or it was sent once more
        log.info("it is judged once more", review_id=review_id)


def _hold(ports: JudgePorts, review_id: str, reasons: Iterable[str]) -> None:
    """Hold a review or reply and have somebody look at it, unless they have for the same reasons."""
    wanted = tuple(reasons)
    if not wanted:
        return
    if retrying(lambda: _held(ports, review_id, wanted)):
        for reason in wanted:
            metric("ReviewsHeld", reason=reason.partition(":")[0])


def _held(ports: JudgePorts, review_id: str, reasons: tuple[str, ...], *, holds: bool = True) -> bool:
    about, stands, now = subject(ports.reviews, review_id), ports.store.case(review_id), ports.clock.now()
    if about is None or about.is_removed:
        return False
    new: Case | None
    if stands is None:
        shop_id = about.review.shop_id
        merchant = shops.shop(ports.shops, shop_id).merchant_id
        new = Case(about.id, shop_id, merchant, about.author_id, tuple(sorted(set(reasons))), now)
    else:
        new = cases.signed(stands, reasons, now, anew=_is_other(about, stands), content=about.content)
    if new is None:
        return False
    held = reviews.hold(ports.reviews, review_id, new.reasons) if holds else []
    ports.committer.commit([ports.store.put(new), *held])
    return True


def _is_other(about: Subject, case: Case) -> bool:
    """Say whether something is no longer what was looked at: it was changed since, or it is held though nobody is to
    look, by the worker of photographs or by readers, who do so before moderation hears of it.
    """
    if about.is_held and case.state not in cases.OPEN:
        return True
    if case.seen is not None:
        return about.content != case.seen
    edited_at = about.review.edited_at  # decided before it was kept what was seen
    return edited_at is not None and case.decided_at is not None and edited_at >= case.decided_at


def _look_for_signs(ports: JudgePorts, review: Review, line: Line | None, trace: Mapping[str, Any]) -> None:
    merchant = shops.shop(ports.shops, review.shop_id).merchant_id
    staff = team.members(ports.team, merchant)
    devices = risk.devices(ports.risk, [merchant, *staff])
    # The device that wrote it, and the one that its author signed in on, where these have a name. Those without are
    # known by their kind and network (`risk`), which a customer at the counter may share with the merchant; no name is
    # like that.
    own = tuple(sorted(set(filter(None, (trace.get("device"), trace.get("signed_in_on"))))))
    seen = Seen(review.id, review.shop_id, review.author_id, review.created_at, own, trace.get("network"))
    policy, since = ports.policy, review.created_at - ports.policy.kept
    author = _person(ports, review.author_id)
    if author is not None:  # of who was erased meanwhile nothing is remembered
        ports.store.note(seen, review.created_at + policy.kept)
    at_shop = _at_shop(ports, seen, since)
    of_authors = _companions(ports, ports.store.of_author(review.author_id, since, MOST_OF_ONE))
    theirs = frozenset(one for person in (merchant, *staff) for one in devices.get(person, ()))
    for_free = line is not None and signs.is_for_free(review.stars, line.net, line.discount, policy)
    facts = replace(_facts(ports, review, author, merchant, staff, theirs), praise_for_free=for_free)
    for review_id, reasons in signs.held(signs.signs(seen, at_shop, of_authors, facts, policy)).items():
        _hold(ports, review_id, reasons)


def _at_shop(ports: JudgePorts, seen: Seen, since: datetime) -> Sequence[Seen]:
    """Return what was written of a shop lately, and since then, for what was written later may be judged earlier; where
    more than is looked at came within the time of a burst, as many from before it, for what is usual there.
    """
    newest = ports.store.at_shop(seen.shop_id, since, seen.at, MOST_SEEN)
    later = ports.store.at_shop(seen.shop_id, seen.at, ports.clock.now(), MOST_SEEN)
    begins = seen.at - ports.policy.burst_within
    full = len(newest) >= MOST_SEEN and newest[-1].at > begins
    before = ports.store.at_shop(seen.shop_id, since, begins, MOST_SEEN) if full else ()
    return list({one.review_id: one for one in (*later, *newest, *before)}.values())


def _companions(ports: JudgePorts, own: Sequence[Seen]) -> Mapping[str, Sequence[Seen]]:
    """Return what an author wrote lately, and what others wrote near each of it: in the same shop at about that time.
    It takes a question for each of the author's shops, however many go there.
    """
    within, found = ports.policy.ring_within, {one.review_id: one for one in own}
    for visit in own:
        near = ports.store.at_shop(visit.shop_id, visit.at - within, visit.at + within, MOST_NEAR)
        found |= {one.review_id: one for one in near}
    by_author: dict[str, list[Seen]] = {}
    for one in found.values():
        by_author.setdefault(one.author_id, []).append(one)
    return by_author


def _facts(
    ports: JudgePorts,
    review: Review,
    author: Account | None,
    merchant: str,
    staff: Sequence[str],
    devices: frozenset[str],
) -> Facts:
    works_there = review.author_id in {merchant, *staff}
    if author is None:
        return Facts(None, works_there, False, devices)
    published = {shops.shop(ports.shops, review.shop_id).phone, *_phones(_person(ports, merchant))} - {None}
    return Facts(author.created_at, works_there, bool(_phones(author) & published), devices)


def _person(ports: JudgePorts, account_id: str) -> Account | None:
    """Return an account; None where it is gone, or an erasure has emptied it."""
    try:
        found = accounts.account(ports.accounts, account_id)
    except NotFound:
        return None
    return None if found.is_erased else found


def _phones(account: Account | None) -> set[str | None]:
    return set() if account is None else {account.phone, *(one.subject for one in account.former)} - {None}


def _refunded(ports: JudgePorts, order_id: str) -> None:
    """Look at the reviews of an order whose money went back: who praises what cost them nothing may be paid for it."""
    order = orders.read(ports.orders, order_id)
    for line in order.lines:
        review = reviews.of_order_line(ports.reviews, line.id)
        if review is not None and review.state is not State.REMOVED:
            _hold_if_refunded(ports, review, line)


def _hold_if_refunded(ports: JudgePorts, review: Review, line: Line | None) -> None:
    """Hold praise of what cost nothing, whichever came first: the money that went back, the review, or its stars. What
    went back of other lines of the order, such as one that was called off, says nothing of this one.
    """
    if line is None:
        return
    paid = _paid(line)
    if signs.is_refunded(review.stars, paid, paid - line.kept, ports.policy):
        _hold(ports, review.id, [Reason.REFUNDED])


def _paid(line: Line) -> int:
    """Return what was paid of a line when it was bought, minor units; also where its shop made it cheaper since."""
    sold = 0 if line.sold_at is None else (line.sold_at - line.discount) * line.deposit_bps // 10_000
    return max(line.paid, sold)
