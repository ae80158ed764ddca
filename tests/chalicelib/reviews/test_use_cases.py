import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.kit.errors import Busy, Conflict, Invalid, NotFound
from chalicelib.kit.transaction import Contention
from chalicelib.orders.ports import LineState
from chalicelib.reviews import use_cases
from chalicelib.reviews.rules import AlreadyReviewed, Aspect, EditingOver, ReplyNotPossible, Side, Sort, State, Wanted
from chalicelib.reviews.rules import WritingOver as Over
from chalicelib.reviews.use_cases import Opinion, write, write_of_guest
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, told, working_for
from tests.chalicelib.reviews.world import GOOD, POLITE, blind, both, put, review


def spread():
    """Return what is told beside what moderation looks at."""
    return [message for message in told() if message.queues != ("moderation",)]


def types():
    return sorted(message.type for message in spread())


def shown(ports, sort=Sort.NEWEST, wanted=Wanted(), limit=10):  # noqa: B008 - frozen
    return use_cases.of_shop(ports, "shp_1", sort, wanted, None, limit)[1].items


def test_the_first_review_waits_and_the_other_side_hears_that_it_does(ports):
    review = write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)
    assert (review.author, review.stars, review.shop_id, review.state) == ("张*", 5, "shp_1", State.BLIND)
    assert use_cases.rating(ports, "shp_1").count == len(shown(ports)) == 0
    [message] = spread()
    [judged] = [one for one in told() if one.queues == ("moderation",)]
    assert (judged.type, judged.payload["review_id"]) == ("review.written", message.payload["review_id"])
    assert (message.type, message.queues) == ("review.awaited", ("notifications",))
    assert message.payload["until"] == "2030-05-15T09:30:00.000000Z"
    assert "stars" not in message.payload, "the merchant does not learn what it says"
    assert use_cases.of_line(ports, CUSTOMER, "ord_1", "lin_1").customer == review
    assert use_cases.of_line(ports, MERCHANT, "ord_1", "lin_1").customer is None


def test_of_a_guest_who_is_erased_nobody_writes_any_more(ports, near):
    near.accounts[CUSTOMER.account_id] = replace(near.accounts[CUSTOMER.account_id], identities=())
    with pytest.raises(NotFound):
        write_of_guest(ports, MERCHANT, "ord_1", "lin_1", POLITE, None)


@pytest.mark.parametrize("order", ["customer first", "merchant first"])
def test_the_second_opens_both(ports, order):
    if order == "customer first":
        write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)
        write_of_guest(ports, MERCHANT, "ord_1", "lin_1", POLITE, None)
    else:
        both(ports)
    for actor in (CUSTOMER, MERCHANT, ADMIN):
        found = use_cases.of_line(ports, actor, "ord_1", "lin_1")
        assert (found.customer.stars, found.merchant.stars) == (5, 4)
        assert (found.customer.state, found.merchant.state) == (State.SHOWN, State.SHOWN)
    assert use_cases.rating(ports, "shp_1").count == 1
    waits = "review.awaited" if order == "customer first" else "review.guest_awaited"
    assert types() == sorted([waits, "review.posted", "review.guest_posted", "review.rating_changed"])


@pytest.mark.store
def test_both_at_once_open_both(ports, near, record_property):
    pairs = 12
    for number in range(pairs):
        near.add_order(number)

    def act(number):
        at = (f"ord_{number // 2}", f"lin_{number // 2}")
        if number % 2:
            return write(ports, CUSTOMER, *at, GOOD, None)
        return write_of_guest(ports, MERCHANT, *at, POLITE, None)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(act, range(2 * pairs)))
    for number in range(pairs):
        found = use_cases.of_line(ports, CUSTOMER, f"ord_{number}", f"lin_{number}")
        assert found.customer.paired, found
        assert found.merchant.paired, found
    assert use_cases.rating(ports, "shp_1").count == pairs
    assert types().count("review.posted") == types().count("review.guest_posted") == pairs
    record_property("reviews", f"{pairs} pairs at once")


def test_time_opens_what_the_other_side_left_alone_and_ends_its_writing(ports, clock):
    write_of_guest(ports, MERCHANT, "ord_1", "lin_1", POLITE, None)
    clock.move(days=14)
    assert use_cases.of_line(ports, CUSTOMER, "ord_1", "lin_1").merchant.stars == 4, "no sweep is needed to read it"
    with pytest.raises(Over):
        write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)
    assert use_cases.open_due(ports, clock.now()) == use_cases.Swept(1, 0)
    assert use_cases.open_due(ports, clock.now()) == use_cases.Swept(0, 0)
    with pytest.raises(Over):
        write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)
    assert types() == ["review.guest_awaited", "review.guest_posted"]


def test_a_sweep_opens_each_once_however_many_run(ports, near, clock):
    for number in range(8):
        near.add_order(number)
        write(ports, CUSTOMER, f"ord_{number}", f"lin_{number}", GOOD, None)
    clock.move(days=13)
    assert use_cases.open_due(ports, clock.now()).opened == 0
    clock.move(days=1)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: use_cases.open_due(ports, clock.now()), range(4)))
    assert (sum(one.opened for one in done), sum(one.failed for one in done)) == (8, 0)
    assert use_cases.rating(ports, "shp_1").histogram == (0, 0, 0, 0, 8)
    assert types().count("review.posted") == types().count("review.rating_changed") == 8


def test_one_that_cannot_be_opened_does_not_keep_the_others(ports, near, clock):
    for number in range(2):
        near.add_order(number)
        write(ports, CUSTOMER, f"ord_{number}", f"lin_{number}", GOOD, None)
    clock.move(days=14)

    class Failing:
        def __init__(self, committer):
            self._committer, self._left = committer, 1

        def commit(self, actions):
            if self._left:
                self._left -= 1
                raise RuntimeError("planted")
            self._committer.commit(actions)

    assert use_cases.open_due(replace(ports, committer=Failing(ports.committer)), clock.now()) == use_cases.Swept(1, 1)
    assert use_cases.open_due(ports, clock.now()) == use_cases.Swept(1, 0)


def test_the_other_side_that_writes_as_the_time_ends_reads_again(ports, clock):
    """The sweep comes between what a writer read and what it commits."""
    write_of_guest(ports, MERCHANT, "ord_1", "lin_1", POLITE, None)
    at = clock.now()
    clock.move(days=14)

    class Sweeping:
        def __init__(self, committer):
            self._committer, self._swept = committer, False

        def commit(self, actions):
            if not self._swept:
                self._swept = True
                assert use_cases.open_due(ports, clock.now()).opened == 1
            self._committer.commit(actions)

    class Behind:
        def now(self):
            return at

    slow = replace(ports, committer=Sweeping(ports.committer), clock=Behind())
    with pytest.raises(Over):
        write(slow, CUSTOMER, "ord_1", "lin_1", GOOD, None)
    assert use_cases.rating(ports, "shp_1").count == 0


def test_a_line_is_reviewed_once(ports):
    both(ports)
    again = replace(GOOD, stars=1)
    with pytest.raises(AlreadyReviewed):
        write(ports, CUSTOMER, "ord_1", "lin_1", again, None)
    with pytest.raises(AlreadyReviewed):
        write_of_guest(ports, MERCHANT, "ord_1", "lin_1", again, None)
    assert use_cases.rating(ports, "shp_1").sum == 5


@pytest.mark.parametrize("actor", [OTHER, MERCHANT])
def test_only_the_customer_reviews_the_shop(ports, actor):
    with pytest.raises(NotFound):
        write(ports, actor, "ord_1", "lin_1", GOOD, None)
    assert told() == []


@pytest.mark.parametrize("actor", [OTHER, CUSTOMER])
def test_only_the_shop_reviews_the_guest(ports, actor):
    with pytest.raises(NotFound):
        write_of_guest(ports, actor, "ord_1", "lin_1", POLITE, None)
    assert told() == []


@pytest.mark.parametrize("state", [state for state in LineState if state != LineState.COMPLETED])
def test_only_what_is_completed_is_reviewed(ports, near, state):
    near.add_order(2, state=state)
    for act in (lambda: write(ports, CUSTOMER, "ord_2", "lin_2", GOOD, None),
                lambda: write_of_guest(ports, MERCHANT, "ord_2", "lin_2", POLITE, None)):  # fmt: skip
        with pytest.raises(Conflict):
            act()


def test_there_must_be_such_a_line_and_such_a_shop(ports):
    for order_id, line_id in (("ord_9", "lin_1"), ("ord_1", "lin_9")):
        for act in (
            lambda: write(ports, CUSTOMER, order_id, line_id, GOOD, None),  # noqa: B023 - called here
            lambda: write_of_guest(ports, MERCHANT, order_id, line_id, GOOD, None),  # noqa: B023
            lambda: use_cases.of_line(ports, CUSTOMER, order_id, line_id),  # noqa: B023
        ):
            with pytest.raises(NotFound):
                act()
    with pytest.raises(NotFound):
        use_cases.of_shop(ports, "shp_9", Sort.NEWEST, Wanted(), None, 10)


def test_stars_for_what_the_shop_has_not_are_refused(ports, near):
    with pytest.raises(Invalid) as refused:
        write(ports, CUSTOMER, "ord_1", "lin_1", replace(GOOD, aspects={Aspect.PUNCTUALITY: 5}), None)
    assert [one.field for one in refused.value.errors] == ["aspects.punctuality"]
    near.add_order(2, ref="bkg_nobody")
    with pytest.raises(Invalid) as refused:
        write(ports, CUSTOMER, "ord_2", "lin_2", replace(GOOD, staff_stars=5), None)
    assert [one.field for one in refused.value.errors] == ["staff_stars"]
    assert told() == []


def test_who_served_is_what_the_booking_says(ports):
    review = both(ports, opinion=replace(GOOD, staff_stars=3, aspects={Aspect.TASTE: 2}))
    assert (review.staff_id, review.staff_stars) == ("stf_1", 3)
    found = use_cases.ratings(ports, "shp_1")
    assert (found["stf_1"].sum, found[""].aspects) == (3, {Aspect.TASTE: (2, 1)})


def test_the_name_is_frozen_when_it_is_written(ports, near):
    both(ports)
    near.accounts[CUSTOMER.account_id] = replace(near.accounts[CUSTOMER.account_id], name="Li")
    assert shown(ports)[0].author == "张*"


def test_an_edit_changes_what_counts_and_keeps_what_was(ports, clock):
    first = write(ports, CUSTOMER, "ord_1", "lin_1", GOOD, None)
    clock.move(hours=47)
    edited = use_cases.edit(ports, CUSTOMER, first.id, replace(GOOD, stars=2, text="其实一般"))
    assert (edited.stars, edited.text, edited.edits, edited.edited_at) == (2, "其实一般", 1, clock.now())
    assert (edited.created_at, edited.state) == (first.created_at, State.BLIND)
    assert len(ports.store.forget(first.id)) == 1
    write_of_guest(ports, MERCHANT, "ord_1", "lin_1", POLITE, None)
    assert use_cases.rating(ports, "shp_1").sum == 2
    with pytest.raises(EditingOver):
        use_cases.edit(ports, CUSTOMER, first.id, GOOD)
    with pytest.raises(NotFound):
        use_cases.edit(ports, OTHER, first.id, GOOD)


def test_a_reply_is_read_once_it_was_judged_and_the_author_hears_of_the_first(ports, clock):
    review = both(ports)
    boss = working_for(MERCHANT, OTHER)
    for actor in (CUSTOMER, OTHER):
        with pytest.raises(NotFound):
            use_cases.reply(ports, actor, review.id, "谢谢")
    for text in ("谢谢", "谢谢您"):
        clock.move(hours=1)
        written = use_cases.reply(ports, MERCHANT, review.id, text)
        assert shown(ports)[0].read_reply is None
        ports.committer.commit(use_cases.pass_reply(ports, review.id, written.reply.content))
        assert shown(ports)[0].read_reply.text == text
    assert types().count("review.replied") == 1
    clock.move(hours=48)
    with pytest.raises(ReplyNotPossible):
        use_cases.reply(ports, MERCHANT, review.id, "再谢")
    with pytest.raises(NotFound):
        use_cases.reply(ports, boss, review.id, "谢谢")  # not at work


def test_a_guest_is_a_number_to_who_is_to_serve_them_and_to_nobody_else(ports, near):
    both(ports)
    assert use_cases.of_line(ports, CUSTOMER, "ord_1", "lin_1").merchant.text == "准时到店"
    with pytest.raises(NotFound):
        use_cases.guest(ports, MERCHANT, "ord_1")  # it is over
    coming = near.add_order(2, state=LineState.CONFIRMED)
    near.orders["ord_2"] = replace(coming, state="confirmed")
    assert use_cases.guest(ports, MERCHANT, "ord_2").tenths is None, "one shop could be told from it"
    for actor in (OTHER, CUSTOMER):
        with pytest.raises(NotFound):
            use_cases.guest(ports, actor, "ord_2")


def test_three_shops_make_a_number_and_what_is_blind_or_removed_is_not_in_it(ports, near):
    near.orders["ord_2"] = replace(near.add_order(2, state=LineState.CONFIRMED), state="confirmed")
    of = {"side": Side.MERCHANT, "guest_id": CUSTOMER.account_id}
    put(*(review(n, 4, merchant_id=f"acc_m{n}", **of) for n in (11, 12)), blind(13, 1, merchant_id="acc_m13", **of))
    assert use_cases.guest(ports, MERCHANT, "ord_2").count == 0
    last = review(14, 1, merchant_id="acc_m14", **of)
    put(last)
    found = use_cases.guest(ports, MERCHANT, "ord_2")
    assert (found.count, found.tenths) == (3, 30)
    ports.committer.commit(use_cases.remove(ports, last.id, ["abuse"]))
    assert use_cases.guest(ports, MERCHANT, "ord_2").count == 0


class Conflicting:
    """A committer that meets another transaction in two of three calls, as DynamoDB does on a row that all want."""

    def __init__(self, committer, share=0.67):
        self._committer = committer
        self._share = share
        self._random = random.Random(7)
        self.conflicts = 0

    def commit(self, actions):
        if self._random.random() < self._share:
            self.conflicts += 1
            raise Contention
        self._committer.commit(actions)


def test_many_at_once_with_conflicts_are_counted_exactly(ports, near):
    conflicting = Conflicting(ports.committer)
    number_of = 60
    for number in range(number_of):
        near.add_order(number)
        write_of_guest(ports, MERCHANT, f"ord_{number}", f"lin_{number}", POLITE, None)

    def post(number):
        try:
            opinion = Opinion(number % 5 + 1, "", "en")
            write(replace(ports, committer=conflicting), CUSTOMER, f"ord_{number}", f"lin_{number}", opinion, None)
        except Busy:  # an answer: nothing was written, the client repeats
            return 0
        return number % 5 + 1

    with ThreadPoolExecutor(40) as pool:
        stars = [one for one in pool.map(post, range(number_of)) if one]
    rating = ports.store.rating("shp_1")
    assert (rating.sum, rating.count) == (sum(stars), len(stars))
    assert rating.histogram == tuple(stars.count(n) for n in range(1, 6))
    assert len(stars) >= number_of - 3, "fourteen attempts are nearly always enough"
    assert conflicting.conflicts > number_of


def test_endless_contention_is_said_so(ports, monkeypatch):
    monkeypatch.setattr("chalicelib.kit.transaction.time.sleep", lambda _: None)
    busy = replace(ports, committer=Conflicting(ports.committer, share=1))
    monkeypatch.setattr("chalicelib.reviews.use_cases.writing._ATTEMPTS", 2)
    with pytest.raises(Busy):
        write(busy, CUSTOMER, "ord_1", "lin_1", GOOD, None)
