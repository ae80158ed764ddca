"""A month of a town's reviews with rings in it: every ring is found, and hardly any honest review is held.

The town is made up: people review when they come by, shops are popular by Zipf's law, families share a device, cafés a
network. How much of it: `MODERATION_PEOPLE`.
"""

import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.moderation.rules import signs
from chalicelib.moderation.rules.signs import Facts, Policy, Seen
from chalicelib.moderation.use_cases.judge import MOST_COMPANIONS, MOST_OF_ONE, MOST_SEEN

PEOPLE = int(os.environ.get("MODERATION_PEOPLE", "400"))
SHOPS, DAYS, RINGS = 60, 30, 5
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
POLICY = Policy()


class Town:
    """Reviews as they come, and what would be held."""

    def __init__(self, seed):
        self.dice, self.rows, self.held = random.Random(seed), [], {}

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
        """As the use case looks: the newest of the shop, of its author and of who was there lately."""
        self.rows.append(new)
        since = new.at - POLICY.kept
        at_shop = [one for one in reversed(self.rows) if one.shop_id == new.shop_id and one.at >= since][:MOST_SEEN]
        near = [one for one in at_shop if new.at - one.at <= POLICY.ring_within]
        who = list(dict.fromkeys([new.author_id, *(one.author_id for one in near)]))[: MOST_COMPANIONS + 1]
        of_authors = {one: [row for row in reversed(self.rows) if row.author_id == one][:MOST_OF_ONE] for one in who}
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
