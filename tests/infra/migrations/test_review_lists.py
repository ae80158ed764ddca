"""Reviews of before there were lists: afterwards they stand in all of them, and the rating is exact all the while."""

import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import settings, wiring
from chalicelib.kit.clock import iso
from chalicelib.reviews.ports import Sort, State, VoiceKind
from chalicelib.reviews.rules import OF_SHOP, added_up, tallies
from chalicelib.reviews.store import VoiceStore
from infra.migrations import engine
from infra.migrations.engine import Run
from infra.migrations.m0002_review_lists import MIGRATION
from infra.migrations.state import TABLE, Progress
from tests.chalicelib.reviews.test_before import OldRating, OldReview
from tests.chalicelib.reviews.world import NOW, STORE, put, review
from tests.infra.migrations.test_engine import Client, Killed

pytestmark = pytest.mark.store
OLD = 12
SHOP = "shp_1"


class Stage:
    """A shop that was reviewed before, and since."""

    def __init__(self, tables):
        self.real, self.prefix = tables.dynamodb, settings.settings().table_prefix
        ages = [review(number, 5 if number % 3 else 2, at=NOW - timedelta(days=40 * number)) for number in range(OLD)]
        self.ids = {one.id for one in ages}
        for one in ages:
            OldReview(
                one.id, "REVIEW", shop_id=SHOP, order_id=one.order_id, line_id=one.line_id, author_id=one.author_id,
                author=one.author, stars=one.stars, text=one.text, language=one.language, created_at=iso(one.created_at),
                gsi1pk=f"SHOP#{SHOP}", gsi1sk=f"{iso(one.created_at)}#{one.id}",
            ).save()  # fmt: skip
        OldRating(f"RATING#{SHOP}", "RATING", sum=48, count_=OLD, version=OLD, stars_2=4, stars_5=8).save()
        self.vote(ages[1].id, "acc_1")
        wiring.committer().commit(STORE.change(self.review(ages[2].id), replace(self.review(ages[2].id), version=1)))
        put(review(99, 4))

    def review(self, id_):
        return STORE.review(id_)

    def vote(self, id_, account_id):
        wiring.committer().commit(VoiceStore().vote(self.review(id_), account_id, NOW))

    def run(self, client=None):
        client = client or self.real
        progress = Progress(client, f"{self.prefix}-{TABLE}", "me")
        return Run(client, self.prefix, progress, lambda *_: None, threading.Event())

    def listed(self, sort):
        return [one.id for one in STORE.of_shop(SHOP, sort, None, 99).items]

    def is_whole(self):
        """Say whether rating and lists are what a reader of every review would work out."""
        known = [self.review(id_) for id_ in (*self.ids, review(99).id)]
        rating = replace(STORE.rating(SHOP), version=0)
        assert rating == added_up([tallies(None, one)[OF_SHOP] for one in known])
        assert {one.version for one in known} == {1}
        stars = sorted(known, key=lambda one: (one.stars, one.created_at, one.id), reverse=True)
        assert self.listed(Sort.HIGHEST) == [one.id for one in stars]
        helpful = sorted(known, key=lambda one: (one.helpful, one.created_at, one.id), reverse=True)
        assert self.listed(Sort.HELPFUL) == [one.id for one in helpful]
        return True


@pytest.fixture
def stage(tables, monkeypatch):
    monkeypatch.setattr(engine, "PAGE", 3)
    return Stage(tables)


def test_killed_anywhere_and_taken_up_again_all_are_listed_and_weigh_what_their_month_does(stage):
    numbers = replace(STORE.rating(SHOP), recent=0, weight=0, version=0)
    assert stage.run().look(MIGRATION).left == OLD - 1
    chance, kills = random.Random(3), 0
    while True:
        try:
            outcome = stage.run(Client(stage.real, lives=chance.randint(3, 60))).migrate(MIGRATION)
        except Killed:
            kills += 1
            assert replace(STORE.rating(SHOP), recent=0, weight=0, version=0) == numbers
            continue
        break
    assert kills >= 2, "it was killed on its way"
    assert (outcome.done, outcome.changed <= OLD - 1) == (True, True)
    assert stage.is_whole()
    assert stage.run().look(MIGRATION).left == 0
    before = STORE.rating(SHOP)
    assert stage.run().migrate(MIGRATION).done
    assert STORE.rating(SHOP) == before


def test_who_votes_or_changes_meanwhile_wins_and_afterwards_everything_goes_on(stage):
    """Each is written by somebody else between being read and being written."""
    real, seen = stage.real, set()

    class Meanwhile:
        def __getattr__(self, name):
            return getattr(real, name)

        def transact_write_items(self, **asked):
            id_ = asked["TransactItems"][0]["Update"]["Key"]["pk"]["S"]
            if id_ not in seen:
                seen.add(id_)
                before = stage.review(id_)
                if len(seen) % 2:
                    stage.vote(id_, "acc_2")
                else:
                    wiring.committer().commit(STORE.change(before, replace(before, version=before.version + 1)))
            return real.transact_write_items(**asked)

    assert stage.run(Meanwhile()).migrate(MIGRATION).done
    assert len(seen) == OLD - 1
    assert stage.is_whole()
    voted = next(id_ for id_ in seen if VoiceStore().has(VoiceKind.VOTE, id_, "acc_2"))
    wiring.committer().commit(VoiceStore().unvote(stage.review(voted), "acc_2"))
    held = stage.review(voted)
    wiring.committer().commit(STORE.change(held, replace(held, state=State.HELD, version=2)))
    assert voted not in stage.listed(Sort.HIGHEST) + stage.listed(Sort.HELPFUL)
