"""Votes and reports: one of each a reader, counted exactly whoever is at it at once."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Busy
from chalicelib.reviews import personal, use_cases
from chalicelib.reviews.ports import VoiceKind
from chalicelib.reviews.rules import OwnReview, Sort, State, Wanted
from chalicelib.reviews.rules.reports import HELPED, KNOWN_FOR, MOST_NEEDED, Origin, holds
from chalicelib.reviews.use_cases import Wrong
from tests.api import CUSTOMER, MERCHANT, OTHER, told, working_for
from tests.chalicelib.reviews.world import GOOD, both, customer, put, review
from tests.fakes.neighbours import account

READERS = int(os.environ.get("REVIEWS_READERS", "24"))


def helpful(ports, one):
    return use_cases.review(ports, one.id).helpful


def insisting(work, attempts=20):
    """Do what a client does who is told that too many were at it: the same again."""
    for _ in range(attempts):
        with suppress(Busy):
            return work()
    raise Busy


@pytest.mark.store
def test_each_reader_counts_once_whoever_votes_at_once(ports, record_property):
    """Each votes twice at once, and every fourth takes it back."""
    put(review())

    def act(number):
        reader = customer(number // 2)
        insisting(lambda: use_cases.vote(ports, reader, review().id))
        if number % 8 == 0:
            insisting(lambda: use_cases.unvote(ports, reader.account_id, review().id))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(act, range(2 * READERS)))
    for number in range(0, 2 * READERS, 8):
        use_cases.unvote(ports, f"acc_{number // 2}", review().id)  # whose other vote came after
    assert helpful(ports, review()) == READERS - len(range(0, 2 * READERS, 8))
    listed = use_cases.of_shop(ports, "shp_1", Sort.HELPFUL, Wanted(), None, 5)[1].items
    assert [one.helpful for one in listed] == [helpful(ports, review())]
    record_property("reviews", f"{2 * READERS} votes at once")


@pytest.mark.store
def test_the_third_of_many_reports_at_once_holds_it_once(ports):
    put(review())

    def act(number):
        use_cases.report(ports, customer(number // 2), review().id, Wrong.ABUSE)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(act, range(10)))
    held = use_cases.review(ports, review().id)
    assert (held.state, held.reports, held.reasons) == (State.HELD, 3, ("reported",))
    assert [one.type for one in told()].count("review.rating_changed") == 1
    assert use_cases.rating(ports, "shp_1").count == 0


def test_whoever_looked_has_decided(ports):
    put(review())
    for number in range(3):
        use_cases.report(ports, customer(number), review().id, Wrong.FAKE)
    ports.committer.commit(use_cases.show(ports, review().id))
    for number in range(3, 9):
        use_cases.report(ports, customer(number), review().id, Wrong.FAKE)
    standing = use_cases.review(ports, review().id)
    assert (standing.state, standing.reports) == (State.SHOWN, 3)


def test_whoever_looked_has_not_decided_of_words_that_came_after(ports):
    put(review())
    for number in range(3):
        use_cases.report(ports, customer(number), review().id, Wrong.FAKE)
    ports.committer.commit(use_cases.show(ports, review().id))
    use_cases.edit(ports, CUSTOMER, review().id, GOOD)
    for number in range(3, 6):
        assert use_cases.review(ports, review().id).state is State.SHOWN
        use_cases.report(ports, customer(number), review().id, Wrong.ABUSE)
    assert use_cases.review(ports, review().id).state is State.HELD


def test_three_people_silence_five_reviews_a_day_and_not_a_shop(ports, clock):
    put(*(review(number) for number in range(1, 9)))

    def bomb(first, last):
        for number in range(first, last):
            for reader in range(3):
                use_cases.report(ports, customer(f"rival_{reader}"), review(number).id, Wrong.FAKE)
        return [use_cases.review(ports, review(number).id).state is State.HELD for number in range(first, last)]

    assert bomb(1, 8) == [True] * 5 + [False] * 2
    assert use_cases.rating(ports, "shp_1").count == 3
    for reader in range(3):
        use_cases.report(ports, customer(f"honest_{reader}"), review(7).id, Wrong.ABUSE)
    assert use_cases.review(ports, review(7).id).state is State.HELD
    clock.move(days=1)
    assert bomb(8, 9) == [True]


def reports(ports, *origins, first=0):
    """Have as many people report from there; return how many count."""
    for number, origin in enumerate(origins, first):
        use_cases.report(ports, customer(f"r{number}"), review().id, Wrong.FAKE, origin)
    return use_cases.review(ports, review().id).reports


def test_many_accounts_of_one_telephone_or_network_are_one(ports):
    put(review())
    phone = frozenset({"phone-1"})
    assert reports(ports, Origin(phone, "net-1"), Origin(phone, "net-2"), Origin(network="net-1"), Origin(phone)) == 1
    assert use_cases.review(ports, review().id).state is State.SHOWN
    assert reports(ports, Origin(frozenset({"phone-2"}), "net-3"), Origin(network="net-4"), first=9) == 3
    assert use_cases.review(ports, review().id).state is State.HELD


@pytest.mark.store
def test_of_many_on_one_network_who_report_at_once_one_counts(ports):
    put(review())
    works = [partial(reports, ports, Origin(network="net-1"), first=number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda work: work(), works))
    assert use_cases.review(ports, review().id).reports == 1


def test_accounts_that_were_made_for_it_and_who_runs_a_shop_do_not_count(ports, near, clock):
    put(review())
    for number in range(3):
        near.accounts[f"acc_r{number}"] = account(customer(f"r{number}"), None, f"+861390000000{number}", "en")
        near.accounts[f"acc_r{number}"] = replace(
            near.accounts[f"acc_r{number}"], created_at=clock.now() - KNOWN_FOR + timedelta(seconds=1)
        )
    assert reports(ports, *[Origin()] * 3) == 0
    rival = replace(customer("rival"), roles=frozenset({Role.CUSTOMER, Role.MERCHANT}))
    for who in (rival, replace(customer("clerk"), memberships={"acc_rival": Role.STAFF})):
        use_cases.report(ports, who, review().id, Wrong.FAKE)
        assert ports.voices.has(VoiceKind.REPORT, review().id, who.account_id)
    assert use_cases.review(ports, review().id).reports == 0


def test_who_runs_the_shop_has_somebody_look_and_no_other_merchant_has(ports):
    put(review())
    for who in (replace(customer("rival"), roles=frozenset({Role.MERCHANT})), OTHER):
        use_cases.report(ports, who, review().id, Wrong.FAKE)
    assert told("review.doubted") == []
    use_cases.report(ports, MERCHANT, review().id, Wrong.FAKE)
    [message] = told("review.doubted")
    assert (message.queues, message.payload["review_id"]) == (("moderation",), review().id)
    assert use_cases.review(ports, review().id).state is State.SHOWN


def test_what_helped_many_takes_more_reports(ports):
    put(review())
    for number in range(2 * HELPED):
        use_cases.vote(ports, customer(number), review().id)
    assert reports(ports, *[Origin()] * 4) == 4
    assert use_cases.review(ports, review().id).state is State.SHOWN
    assert reports(ports, Origin(), first=9) == 5
    assert use_cases.review(ports, review().id).state is State.HELD


def test_many_votes_hide_nothing_from_many_reports():
    found = [holds(replace(review(), helpful=50 * HELPED, reports=MOST_NEEDED - less)) for less in (1, 0)]
    assert found == [False, True]


def test_who_reported_other_words_does_not_keep_their_neighbours_from_reporting_these(ports):
    put(review())
    hotel = Origin(network="net-1")
    reports(ports, hotel, Origin(network="net-2"), Origin(network="net-3"))
    ports.committer.commit(use_cases.show(ports, review().id))
    use_cases.edit(ports, CUSTOMER, review().id, GOOD)
    assert reports(ports, hotel, hotel, first=3) == 1
    assert reports(ports, Origin(network="net-2"), Origin(network="net-3"), first=5) == 3


@pytest.mark.parametrize("actor", [CUSTOMER, MERCHANT, working_for(MERCHANT, OTHER)])
def test_nobody_praises_their_own(ports, actor):
    put(review())
    with pytest.raises(OwnReview):
        use_cases.vote(ports, actor, review().id)
    assert helpful(ports, review()) == 0


def test_the_shops_page_hears_of_the_first_and_of_each_twice_as_many(ports):
    put(review())
    for number in range(9):
        use_cases.vote(ports, customer(number), review().id)
    assert [one.type for one in told()] == ["review.rating_changed"] * 4  # 1, 2, 4, 8


def test_who_is_erased_takes_votes_and_reports_along_and_leaves_the_stars(ports, near):
    near.orders_ports.store.of_customer = lambda account_id, *_: _Orders(near, account_id)
    said = both(ports)
    put(review(2, 3))
    use_cases.vote(ports, customer(7), said.id)
    use_cases.report(ports, customer(7), said.id, Wrong.OTHER)
    known = personal.personal_data(ports, "acc_7")
    assert {one["kind"] for one in known["said_of_reviews"]} == {"VOTE", "REPORT"}
    ports.committer.commit(use_cases.hold(ports, said.id, ["ring"]))
    [mine] = personal.personal_data(ports, CUSTOMER.account_id)["reviews"]
    assert {"reasons", "cleared", "reports"}.isdisjoint(mine)  # as in moderation's part: it tells how to get around
    [of_them] = personal.personal_data(ports, CUSTOMER.account_id)["of_you"]
    assert "author_id" not in of_them
    ports.committer.commit(use_cases.show(ports, said.id))
    personal.erase(ports, "acc_7")
    assert helpful(ports, said) == 0
    assert not ports.voices.has(VoiceKind.REPORT, said.id, "acc_7")

    rating = use_cases.rating(ports, "shp_1")
    assert [len(personal.personal_data(ports, CUSTOMER.account_id)[part]) for part in ("reviews", "of_you")] == [1, 1]
    personal.erase(ports, CUSTOMER.account_id)
    personal.erase(ports, CUSTOMER.account_id)
    assert replace(use_cases.rating(ports, "shp_1"), version=0) == replace(rating, version=0)
    gone = use_cases.review(ports, said.id)
    assert (gone.text, gone.author, gone.stars, gone.state) == ("", None, 5, State.SHOWN)
    guest = use_cases.review(ports, said.other_id)
    assert (guest.text, guest.guest_id, guest.state) == ("", "erased", State.REMOVED)


class _Orders:
    """A page of somebody's orders."""

    next = None

    def __init__(self, near, account_id):
        self.items = tuple(one for one in near.orders.values() if one.customer_id == account_id)
