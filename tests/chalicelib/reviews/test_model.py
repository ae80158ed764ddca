"""Whatever happens to a shop's reviews, in whatever order: what they add up to and where they are listed is what a reader
of every review would work out.
"""

import itertools
import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kit.errors import Conflict, NotFound
from chalicelib.reviews import personal, use_cases
from chalicelib.reviews.ports import VoiceKind
from chalicelib.reviews.rules import OF_SHOP, Aspect, Side, Sort, State, added_up, reply_id, review_id, tallies
from chalicelib.reviews.use_cases import Opinion
from tests.api import CUSTOMER, MERCHANT
from tests.chalicelib.reviews.world import NOW, PHOTO, customer
from tests.fakes.neighbours import LINE, ORDER, SHOP
from tests.fakes.time import FakeClock

LIVES = int(os.environ.get("REVIEWS_LIVES", "2"))
LINES = 4
_number = itertools.count()

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["write", "write", "guest", "guest", "edit", "hold", "show", "remove", "reply", "vote", "unvote", "report",
             "report", "open", "days", "erase", "media"]
        ),
        st.integers(0, LINES - 1),
        st.integers(1, 5),
    ),
    min_size=10,
    max_size=40,
)  # fmt: skip


class Town:
    """A shop of its own with some completed lines."""

    def __init__(self, ports, near):
        self.clock, number = FakeClock(NOW), next(_number)
        self.ports = replace(ports, clock=self.clock)
        self.shop, self.refused = f"shp_model{number}", 0
        near.shops[self.shop] = replace(SHOP, id=self.shop)
        self.lines = [f"lin_model{number}_{one}" for one in range(LINES)]
        for line in self.lines:
            sold = replace(LINE, id=line, shop_id=self.shop)
            near.orders[f"ord_{line}"] = replace(ORDER, id=f"ord_{line}", shop_id=self.shop, lines=(sold,))
        self.versions = [0]

    def do(self, verb, line, stars):
        at, ports = (f"ord_{self.lines[line]}", self.lines[line]), self.ports
        mine = review_id(self.lines[line], Side.CUSTOMER)
        opinion = Opinion(stars, f"{stars} 星", "zh-CN", {Aspect.VALUE: stars}, 6 - stars)
        acts = {
            "write": lambda: use_cases.write(ports, CUSTOMER, *at, opinion, None),
            "guest": lambda: use_cases.write_of_guest(ports, MERCHANT, *at, opinion, None),
            "edit": lambda: use_cases.edit(ports, CUSTOMER, mine, opinion),
            "hold": lambda: ports.committer.commit(use_cases.hold(ports, mine, ["words"])),
            "show": lambda: ports.committer.commit(use_cases.show(ports, mine)),
            "remove": lambda: ports.committer.commit(use_cases.remove(ports, mine, ["words"])),
            "reply": lambda: self._reply(mine, stars),
            "vote": lambda: use_cases.vote(ports, customer(stars), mine),
            "unvote": lambda: use_cases.unvote(ports, f"acc_{stars}", mine),
            "report": lambda: use_cases.report(ports, customer(stars), mine, use_cases.Wrong.OTHER),
            "open": lambda: use_cases.open_due(ports, self.clock.now()),
            "days": lambda: self.clock.move(days=stars * 2),
            "media": lambda: self._show(mine, (PHOTO,) if stars % 2 else ()),
            "erase": lambda: personal._silence(ports, mine),
        }
        try:
            acts[verb]()
        except (Conflict, NotFound):
            self.refused += 1

    def _reply(self, review_id, stars):
        """The merchant answers, and that is judged: by the number of stars it passes, or is held, shown and removed."""
        written, ports = use_cases.reply(self.ports, MERCHANT, review_id, f"谢谢 {stars}"), self.ports
        if stars % 2:
            ports.committer.commit(use_cases.pass_reply(ports, review_id, written.reply.content))
        of = reply_id(review_id)
        decisions = [
            lambda: use_cases.hold(ports, of, ["words"]),
            lambda: use_cases.show(ports, of),
            lambda: use_cases.remove(ports, of, ["words"]),
        ]
        for decide in decisions[: stars - 2] if stars > 2 else []:
            ports.committer.commit(decide())

    def _show(self, review_id, media):
        before = use_cases.review(self.ports, review_id)
        if before is not None:
            after = replace(before, media=media, version=before.version + 1)
            self.ports.committer.commit(self.ports.store.change(before, after))

    def check(self):
        store = self.ports.store
        known = store.reviews([review_id(line, side) for line in self.lines for side in Side]).values()
        shown = [one for one in known if one.side is Side.CUSTOMER and one.state is State.SHOWN]
        found = store.ratings(self.shop)
        expected = {of: [tallies(None, one).get(of, {}) for one in shown] for of in (OF_SHOP, "stf_1")}
        for of, rows in expected.items():
            if of in found:
                assert replace(found[of], version=0) == added_up(rows)
        self.versions.append(found[OF_SHOP].version)
        newest = sorted(shown, key=lambda one: (one.created_at, one.id), reverse=True)
        assert list(store.of_shop(self.shop, Sort.NEWEST, None, 99).items) == newest
        helpful = sorted(newest, key=lambda one: (one.helpful, one.created_at, one.id), reverse=True)
        assert list(store.of_shop(self.shop, Sort.HELPFUL, None, 99).items) == helpful
        by_stars = sorted(newest, key=lambda one: (one.stars, one.created_at, one.id), reverse=True)
        assert list(store.of_shop(self.shop, Sort.HIGHEST, None, 99).items) == by_stars
        showing = [one for one in newest if one.media]
        assert list(store.of_shop(self.shop, Sort.MEDIA, None, 99).items) == showing
        waiting = {one.id for one in known if not one.opened}
        assert waiting == {one for one in store.due(NOW.replace(year=2199), 9999) if one in {k.id for k in known}}
        for one in known:
            votes = [self.ports.voices.has(VoiceKind.VOTE, one.id, f"acc_{number}") for number in range(1, 6)]
            assert one.helpful == sum(votes)


@pytest.mark.store
@given(steps=steps)
@settings(
    max_examples=LIVES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_the_rating_is_always_what_the_shown_reviews_add_up_to(ports, near, record_property, steps):
    town = Town(ports, near)
    for step in steps:
        town.do(*step)
    town.check()
    for step in steps[:8]:
        town.do(*step)
        town.check()
    record_property("reviews", "1 lives of a shop")
    assert town.versions == sorted(town.versions), "a rating's version never falls"
