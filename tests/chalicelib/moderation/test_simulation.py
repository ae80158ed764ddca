"""A month of a town's reviews with rings in it: every ring is found, and hardly any honest review is held.

The town is made up: people review when they come by, shops are popular by Zipf's law, families share a device, cafés a
network. How much of it: `MODERATION_PEOPLE`.
"""

import os
import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.moderation.rules import signs
from chalicelib.moderation.rules.signs import Facts, Policy, Seen
from chalicelib.moderation.use_cases.judge import MOST_NEAR, MOST_OF_ONE, MOST_SEEN

PEOPLE = int(os.environ.get("MODERATION_PEOPLE", "400"))
SHOPS, DAYS, RINGS = max(20, PEOPLE * 15 // 100), 30, 5
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
POLICY = Policy()


class Town:
    """Reviews as they come, and what would be held."""

    def __init__(self, seed):
        self.dice, self.rows, self.held = random.Random(seed), [], {}
        self.at_shop, self.of_author = defaultdict(list), defaultdict(list)

    def honest(self, person):
        weights = [1 / (rank + 1) for rank in range(SHOPS)]
        for _ in range(self.dice.randint(1, 5)):
            (shop,) = self.dice.choices(range(SHOPS), weights)
            at = BEGIN + timedelta(days=self.dice.randrange(DAYS), minutes=self.dice.randint(600, 1_320))
            network = f"n{shop}" if self.dice.random() < 0.3 else None  # the shop's own
            yield Seen("", f"shp_{shop}", f"honest_{person}", at, (f"d{person}",), network)

    def ring(self, number):
        shops = self.dice.sample(range(SHOPS), POLICY.ring_shops)
        for turn, shop in enumerate(shops):
            first = BEGIN + timedelta(days=turn * 7 + self.dice.randrange(3), hours=self.dice.randint(0, 23))
            for member in range(POLICY.ring_accounts):
                at = first + timedelta(minutes=self.dice.randint(0, 2_880))
                yield Seen("", f"shp_{shop}", f"ring_{number}_{member}", at, (f"r{number}_{member}",), None)

    def live(self):
        wanted = [one for person in range(PEOPLE) for one in self.honest(person)]
        wanted += [one for number in range(RINGS) for one in self.ring(number)]
        for turn, one in enumerate(sorted(wanted, key=lambda one: one.at)):
            self.write(replace(one, review_id=f"rev_{turn}"))

    def write(self, new):
        """As the use case looks: the newest of the shop, and what lies near each of the author's own."""
        for rows in (self.rows, self.at_shop[new.shop_id], self.of_author[new.author_id]):
            rows.append(new)
        at_shop = self.at_shop[new.shop_id][-MOST_SEEN:]
        near = {new.review_id: new}
        for visit in self.of_author[new.author_id][-MOST_OF_ONE:]:
            there = [one for one in self.at_shop[visit.shop_id] if abs(one.at - visit.at) <= POLICY.ring_within]
            near |= {one.review_id: one for one in there[-MOST_NEAR:]}
        of_authors = defaultdict(list)
        for one in near.values():
            of_authors[one.author_id].append(one)
        facts = Facts(joined=new.at - timedelta(days=90))
        for review_id, reasons in signs.held(signs.signs(new, at_shop, of_authors, facts, POLICY)).items():
            self.held.setdefault(review_id, set()).update(reasons)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_ring_is_found_and_hardly_anybody_else(seed, record_property):
    town = Town(seed)
    town.live()
    of_rings = [one.review_id for one in town.rows if one.author_id.startswith("ring")]
    honest = [one.review_id for one in town.rows if one.author_id.startswith("honest")]
    wrongly = [one for one in honest if one in town.held]
    assert len(of_rings) == RINGS * POLICY.ring_accounts * POLICY.ring_shops
    assert set(of_rings) <= set(town.held)
    assert len(wrongly) <= len(honest) * 0.01
    record_property(
        "moderation", f"{len(honest)} honest reviews, {len(wrongly)} honest held, {len(of_rings)} reviews of rings held"
    )
