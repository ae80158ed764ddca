"""What must be true when everything has come through: nothing lost, nothing twice, the provider and the books agree."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from chalicelib import settings, wiring
from chalicelib.kit import aws
from chalicelib.ledger import use_cases as ledger
from chalicelib.notifications.rules import AUDIENCE
from chalicelib.orders import use_cases as orders
from tests.api import call
from tests.faults.journey import COUPONS, Journey, Life
from tests.faults.town import BEGINS, MERCHANT
from tests.simulation import checks

ENDS = {
    "served": {"completed"},
    "cancels": {"refunded"},
    "same-time": {"expired"},
    "late": {"completed"},
    "given-back": {"completed"},
}
LATE = {"refunded", "expired"}
ONCE = ("order.confirmed", "order.cancelled", "order.expired", "order.refunded", "order.completed", "review.posted")

TOLD = {
    "completed": ("order.confirmed", "order.completed"),
    "refunded": ("order.refunded",),
    "expired": ("order.expired",),
}


def violations(journey: Journey) -> list[str]:
    """Return everything that is not as it must be; everything must be calm."""
    world = _Account(journey)
    return [
        *checks.books(),
        *checks.movements(world),  # type: ignore[arg-type] # it asks for providers and days alone
        *checks.cases(),
        *_lives(journey),
        *_merchant(journey),
        *_coupons(journey),
        *_reviews(journey),
        *_notices(journey),
        *_nothing_left(journey),
        *_copy(journey),
    ]


class _Account:
    """What the money's checks ask of a simulation's stage."""

    def __init__(self, journey: Journey) -> None:
        self._now = journey.town.real.now
        self.providers = {"stripe": journey.town.provider}

    def days(self) -> list[date]:
        """Return the UTC dates that there have been."""
        return [BEGINS.date() + timedelta(days=day) for day in range((self._now() - BEGINS).days + 2)]


def _lives(journey: Journey) -> list[str]:
    """Every order is in one right final state, what was paid is what is kept, and no time was sold twice."""
    wrong: list[str] = []
    for life in journey.lives:
        order = orders.read(wiring.orders(), life.order["id"])
        label = f"{life.plan} is {order.state}: {life.refused}"
        right = ENDS[life.plan] | (LATE if journey.town.fault.late or life.plan == "late" else set())
        if order.state.value not in right:
            wrong.append(label)
        bank, (line,) = journey.town.provider, order.lines
        mine = [one.payment_id for one in bank.charges.values() if one.payment_id == order.payment_id]
        net = sum(bank.left_of(payment_id) for payment_id in mine if payment_id)
        if net != (line.kept if order.payment_id else 0):
            wrong.append(f"{label}; {net} was paid in the end, {line.kept} is kept")
        if order.open:
            wrong.append(f"{label}; refunds {order.open} are still to come")
    paid = sum(one.received.amount > 0 for one in journey.town.provider.charges.values())
    if paid != sum(orders.read(wiring.orders(), life.order["id"]).payment_id is not None for life in journey.lives):
        wrong.append(f"{paid} charges were paid, and the orders know of others")
    times = Counter(life.hours for life in journey.lives)
    return wrong + [f"{hours} hours on was sold {count} times" for hours, count in times.items() if count > 1]


def _merchant(journey: Journey) -> list[str]:
    """The merchant was sent, once, what the lines earned."""
    earned = sum(checks.earning(_as_life(life)) for life in journey.lives)
    sent = sum(one.amount.amount - one.reversed for one in journey.town.provider.transfers.values())
    owed = -ledger.balance(wiring.ledger(), f"merchant:{MERCHANT.account_id}").get("CNY", 0)
    waiting = sum(due.payable for due in wiring.settlement().store.waiting_of(MERCHANT.account_id))
    if sent + owed + waiting != earned:
        return [f"the lines earned {earned}; {sent} was sent, {owed} is owed, {waiting} waits"]
    return [] if sent or not earned else [f"nothing of {earned} was sent"]


def _as_life(life: Life) -> Any:
    """As the money's check asks for it: it reads the order alone."""
    return type("Ordered", (), {"order_id": life.order["id"]})


def _coupons(journey: Journey) -> list[str]:
    """No more coupons were claimed than there are, none by one customer twice, and each is used for one order."""
    claimed = [life for life in journey.lives if life.coupon]
    wrong = [] if len(claimed) == COUPONS else [f"{len(claimed)} of {COUPONS} coupons were claimed"]
    used: list[str] = []
    for life in journey.lives:
        mine = call("GET", "/v1/me/coupons", actor=life.customer).json["items"]
        if len(mine) != bool(life.coupon):
            wrong.append(f"{life.plan} has {len(mine)} coupons")
        used += [one["order_id"] for one in mine if one["order_id"]]
    shown = call("GET", "/v1/shops/{shop_id}/campaigns", shop_id=journey.town.shop["id"]).json["items"]
    if [one["sold_out"] for one in shown] != [True]:
        wrong.append("campaigns are not sold out")
    own = {life.order["id"] for life in claimed}
    return wrong + [f"a coupon is used for {one}" for one, n in Counter(used).items() if n > 1 or one not in own]


def _reviews(journey: Journey) -> list[str]:
    """Whoever was served has written one review, and the shop's rating counts it once."""
    done = [
        life
        for life in journey.lives
        if life.plan == "served" and orders.read(wiring.orders(), life.order["id"]).state == "completed"
    ]
    rating = call("GET", "/v1/shops/{shop_id}/reviews", shop_id=journey.town.shop["id"]).json
    if (rating["rating"]["count"], len(rating["items"])) != (len(done), len(done)):
        return [f"{len(done)} reviews are due: {rating}"]
    return []


def _notices(journey: Journey) -> list[str]:
    """Everybody was told of everything that happened, once."""
    told = [one for (queue, _), one in journey.town.queues.sent.items() if queue == "notifications"]
    once = Counter((one["type"], one["payload"].get("order_id")) for one in told if one["type"] in ONCE)
    wrong = [f"{what} was told {count} times" for what, count in once.items() if count > 1]
    for life in journey.lives:
        due_types = TOLD[orders.read(wiring.orders(), life.order["id"]).state.value]
        wrong += [f"{life.plan}: no {one}" for one in due_types if not once[one, life.order["id"]]]
    rows = Counter(
        (one["message_id"]["S"], one["account_id"]["S"], one["state"]["S"])
        for one in _rows("notifications")
        if one["sk"]["S"] == "NOTICE"
    )
    due = {
        (one["id"], str(one["payload"][f"{side}_id"]), "sent") for one in told for side in AUDIENCE.get(one["type"], ())
    }
    wrong += [f"notice {one} {count} times" for one, count in rows.items() if count > 1 or one not in due]
    wrong += [f"nobody was told: {one}" for one in due - rows.keys()]
    texts, town = Counter(journey.town.wire.texts), journey.town
    twice = [text for text, count in texts.items() if count > 1]
    if sum(texts.values()) < len(due) or (not town.fault.repeats and sum(texts.values()) != len(due)):
        wrong.append(f"{sum(texts.values())} texts for {len(due)} notices; twice {twice}")
    return wrong


def _rows(table: str) -> list[dict[str, Any]]:
    name = f"{settings.settings().table_prefix}-{table}"
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def _nothing_left(journey: Journey) -> list[str]:
    """Nothing waits in the outbox or in a queue, and nothing is dead."""
    left, queues = _rows("outbox"), journey.town.queues
    wrong = [f"in the outbox: {one['body']['S']}" for one in left]
    return wrong + ([f"in queues: {queues.waiting}, dead {queues.dead}"] if queues.left else [])


def _copy(journey: Journey) -> list[str]:
    """The copy of their data that a customer asked for was made, once."""
    rows = [one for one in _rows("privacy") if journey.export in (one["pk"]["S"], one["sk"]["S"].partition("#")[2])]
    if len(rows) != 1 or "ready_at" not in rows[0] or "size" not in rows[0]:
        return [f"the copy is {rows}"]
    return []
