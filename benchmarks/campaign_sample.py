"""Sends a text to a shop's customers in memory and draws its report to docs/images/campaign-report.svg.

    make campaign-picture

240 customers with tags, of whom not all want to hear; the use cases are the real ones, turn by turn for 3 days, with
what they stand on in memory (`tests/chalicelib/outreach/world.py`). Who reads, leaves and buys is drawn by lot from one
seed, and the begin of its fives is put there: the picture shows what a report says, not what one may hope for. Equal
code, equal bytes.
"""

import random
import sys
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from chalicelib.kit.auth import Actor, Role
from chalicelib.outreach import use_cases
from chalicelib.outreach.ports import Outreach
from chalicelib.outreach.rules.outreach import NEAREST
from chalicelib.outreach.schemas import OutreachReport
from infra.campaign_picture import picture
from infra.targets import ROOT
from tests.chalicelib.outreach.world import NOW, FakeCampaign, World

PICTURE = ROOT / "docs" / "images" / "campaign-report.svg"
CUSTOMERS, SEED = 240, 20300501
COUPONS = "cmp_01jd8x2n7v4k9x3c6z0b8d1f2g"


def sent() -> tuple[World, Outreach]:
    """Return a shop that has written to its customers, and what it wrote, three days later."""
    chance, world = random.Random(SEED), World()
    world.campaigns[COUPONS] = FakeCampaign("减20", NOW + timedelta(days=30), world.shop.id, COUPONS)
    for number in range(1, CUSTOMERS + 1):
        world.tag(number, chance.choice(["老客", "烫染", "学生"]))
        customer = f"acc_{number:05}"
        if chance.random() < 0.7:
            world.agreed.add(customer)
        if chance.random() < 0.05:
            world.off.add(customer)
        if chance.random() < 0.03:
            world.blocked.add(customer)
    begun = world.begin("老客", "烫染", coupon_campaign=COUPONS, per_hour=60)
    for _ in range(3 * 24 * 12):
        before = len(world.messages)
        world.run()
        for message in world.messages[before:]:
            _answers(world, str(message.payload["customer_id"]), chance)
    return world, replace(world.stands(begun), offset=NEAREST)


def _answers(world: World, customer: str, chance: random.Random) -> None:
    """Somebody reads it, or not; and wants no more, or buys."""
    if chance.random() < 0.6:
        world.read.add(customer)
        if chance.random() < 0.05:
            person = Actor(customer, frozenset({Role.CUSTOMER}), "ses_1")
            use_cases.say(world.ports, person, world.shop.id, wanted=False)
        elif chance.random() < 0.3:
            coupon = f"cpn_{customer}" if chance.random() < 0.7 else None
            if coupon:
                world.coupons[coupon] = COUPONS
            world.sold.append(
                SimpleNamespace(
                    customer_id=customer,
                    created_at=world.clock.now(),
                    coupon_ids=(coupon,) if coupon else (),
                    lines=[SimpleNamespace(net=chance.choice([9_800, 16_800, 29_800]))],
                )
            )


def drawn() -> str:
    """Return the picture."""
    _, outreach = sent()
    return picture(OutreachReport.of(outreach).model_dump(mode="json"))


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
    sys.stdout.write(f"campaign-picture: wrote {PICTURE.relative_to(ROOT)}\n")
