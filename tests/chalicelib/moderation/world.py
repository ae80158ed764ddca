"""Reviews, their authors and those who look at them, on real rows; other domains in memory."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.ids import new_id
from chalicelib.moderation import use_cases
from chalicelib.moderation.ports import ClassifierDown, Code, JudgePorts, Outcome, Policy
from chalicelib.moderation.use_cases.subjects import subject
from chalicelib.reviews import messages
from chalicelib.reviews.ports import Review
from chalicelib.risk.sign_ins import Device, File
from chalicelib.team.rules import Member, Team
from tests.api import MERCHANT
from tests.chalicelib.reviews.world import NOW
from tests.fakes.files import FakeFiles
from tests.fakes.neighbours import LINE, ORDER, SHOP, Neighbours, account
from tests.fakes.time import FakeClock

JOINED = NOW - timedelta(days=400)
METHODS = ("sms", "otp")
ANNA, BEN, CLEO = (Actor(f"acc_{name}", frozenset({Role.RISK}), f"ses_{name}", methods=METHODS) for name in "abc")
SHOW, REMOVE = (Outcome.SHOW, Code.FINE), (Outcome.REMOVE, Code.ADVERTISING)


def once():
    """Return a request of its own."""
    return Once("acc|POST /x", new_id("key"), "f", lambda _result: Answer(200, "{}"))


def person(name):
    """Return somebody who buys."""
    return Actor(f"acc_{name}", frozenset({Role.CUSTOMER}), f"ses_{name}")


class Classifier:
    """Says what it is told to say, while it is not down."""

    def __init__(self):
        self.says, self.is_down, self.asked = (), False, []

    def labels(self, text, _language):
        if self.is_down:
            raise ClassifierDown("ThrottlingException")
        self.asked.append(text)
        return self.says


class Moderation:
    """The use cases, with a clock that stands."""

    def __init__(self, policy=None):
        self.clock, self.near, self.classifier = FakeClock(NOW), Neighbours(), Classifier()
        self.members = {}
        shared = vars(wiring.moderation()) | {"clock": self.clock, "files": FakeFiles()}
        shared["reviews"] = replace(shared["reviews"], clock=self.clock)
        self.ports = JudgePorts(
            **shared,
            accounts=self.near.accounts_ports,
            shops=self.near.shops_ports,
            orders=self.near.orders_ports,
            team=SimpleNamespace(store=SimpleNamespace(team=self.team)),
            risk=wiring.sign_ins(),
            classifier=self.classifier,
            policy=policy or Policy(),
        )
        self.store = self.ports.store
        self.sweeping = replace(wiring.moderation_sweep(), store=self.store)

    def team(self, merchant_id):
        return Team(merchant_id, members=self.members)

    def joins(self, actor, phone=None, at=JOINED):
        """Give somebody an account."""
        number = phone or f"+86139{abs(hash(actor.account_id)) % 10**8:08d}"
        self.near.accounts[actor.account_id] = replace(account(actor, "某人", number, "zh-CN"), created_at=at)
        return actor

    def works(self, actor):
        """Have somebody work for the merchant."""
        self.members[actor.account_id] = Member(actor.account_id, Role.STAFF, "小李", NOW)

    def on_device(self, actor, *names):
        """Remember that somebody was signed in to on devices."""
        indexes = [wiring.sign_ins().sign_ins.device(name) for name in names]
        file = File(tuple(Device(one, NOW) for one in indexes), NOW, None, 1)
        until = NOW + timedelta(days=90)
        wiring.committer().commit([wiring.sign_ins().sign_ins.put_file(actor.account_id, file, until)])

    def order(self, number, *others, **line):
        """Return an order of what a review is of, as it became, and of other lines."""
        bought = replace(LINE, id=f"lin_{number}", **line)
        return replace(ORDER, id=f"ord_{number}", lines=(bought, *others), refunded=0)

    def writes(self, actor, number, *, shop=SHOP, text="手艺很好", trace=None, judged=True, **more):
        """Write a review that everybody reads, and have it judged."""
        if actor.account_id not in self.near.accounts:
            self.joins(actor)
        self.near.shops.setdefault(shop.id, shop)
        self.near.orders.setdefault(f"ord_{number}", self.order(number))
        told = {"id": f"rev_{number}", "stars": 5, "created_at": self.clock.now()} | more
        review = Review(
            shop_id=shop.id, merchant_id=MERCHANT.account_id, order_id=f"ord_{number}", line_id=f"lin_{number}",
            author_id=actor.account_id, author="某*", text=text, language="zh-CN", **told,
        )  # fmt: skip
        wiring.committer().commit(self.ports.reviews.store.write(review, None, None))
        self.message = messages.to_judge(messages.WRITTEN, review, self.clock.now(), trace)
        if judged:
            self.judge(self.message)
        return review

    def judge(self, message):
        use_cases.judge(self.ports, message)

    def state(self, number):
        return self.ports.reviews.store.review(f"rev_{number}").state

    def rating(self, shop=SHOP):
        return self.ports.reviews.store.rating(shop.id)

    def case(self, number, kind="rev"):
        return self.store.case(f"{kind}_{number}")

    def take(self, actor, number, kind="rev"):
        return use_cases.take(self.ports, actor, f"{kind}_{number}")

    def seen(self, id_):
        """Return what somebody decides on who looks now."""
        return subject(self.ports.reviews, id_).content

    def decide(self, actor, number, how, request=None, seen=None, kind="rev"):
        why, id_ = Why("看过了", "127.0.0.1"), f"{kind}_{number}"
        decision = use_cases.Decision(*how, seen or self.seen(id_))
        return use_cases.decide(self.ports, actor, id_, decision, why, request or once())

    def decided(self, actor, number, how, kind="rev"):
        self.take(actor, number, kind)
        return self.decide(actor, number, how, kind=kind)

    def appeal(self, actor, number):
        return use_cases.appeal(self.ports, actor, f"rev_{number}", "我确实去过", once())

    def waiting(self, state, actor=ANNA):
        return [one.review_id for one in use_cases.waiting(self.ports, actor, state, None, 50).items]
