"""A merchant, its customers and what it writes to them, in memory, and a clock that a test moves."""

import uuid
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Contention
from chalicelib.notifications.ports import Reached
from chalicelib.outreach import use_cases
from chalicelib.outreach.ports import Draft, Heard, OutreachPorts, Started, State, Tally
from chalicelib.outreach.rules.problems import NotSending
from chalicelib.privacy.ports import Purpose
from chalicelib.profiles.ports import Choices
from tests.chalicelib.booking.world import StoppedClock, order, shop

NOW = datetime(2030, 5, 1, 3, tzinfo=UTC)  # Wednesday 11:00 in Shanghai
MERCHANT = Actor("acc_merchant", frozenset({Role.CUSTOMER, Role.MERCHANT}), "ses_1")
TEXT = {"en": "Colour and cut for the price of a cut.", "zh": "五月染发送剪发，欢迎老顾客到店。"}
TURN = timedelta(minutes=5)


def once():
    return Once("test", uuid.uuid4().hex, "fingerprint", lambda _result: Answer(201, "{}"))


@dataclass(frozen=True)
class FakeCampaign:
    """What is read of `coupons.ports.Campaign`."""

    title: str
    valid_until: datetime
    shop_id: str = "shp_1"
    id: str = "cmp_1"
    purses: int = 0
    money_left: int | None = None


class Rows(dict):
    """Rows with versions, and actions on them: (may it be done, do it)."""

    def put(self, key, row, before, refused=None):
        def stands():
            found = self.get(key)
            return (found.version if found else 0) == before

        return Action((stands, lambda: self.__setitem__(key, row)), refused or (lambda _row: Contention()))

    def drop(self, key, before):
        return Action((lambda: key in self and self[key].version == before, lambda: self.pop(key)))


def condition(holds, problem, rank=0):
    return Action((holds, lambda: None), lambda _row: problem, rank)


class Committer:
    """All or none."""

    def __init__(self):
        self.before = lambda: None

    def commit(self, actions):
        self.before()
        for one in sorted(actions, key=lambda action: action.rank):
            if not one.body[0]():
                raise one.refused(None)
        for one in actions:
            one.body[1]()


class FakeCustomers:
    """See `outreach.ports.CustomerStore`."""

    def __init__(self):
        self.tags, self.tallies, self.wished, self.hearing = Rows(), Rows(), Rows(), Rows()

    def tagged(self, merchant_id, customer_id):
        return self.tags.get((merchant_id, customer_id))

    def put_tagged(self, tagged):
        return self.tags.put((tagged.merchant_id, tagged.customer_id), tagged, tagged.version - 1)

    def drop_tagged(self, tagged):
        return self.tags.drop((tagged.merchant_id, tagged.customer_id), tagged.version)

    def of_merchant(self, merchant_id, after, limit):
        mine = sorted(one for one in self.tags if one[0] == merchant_id and (after is None or one[1] > after))
        return [self.tags[one] for one in mine[:limit]]

    def with_tag(self, merchant_id, tag, after, limit):
        found = [one for one in self.of_merchant(merchant_id, None, 9_999) if tag is None or tag in one.tags]
        return Page(tuple(found), None)

    def of_customer(self, customer_id, after, limit):
        return Page(tuple(one for key, one in self.tags.items() if key[1] == customer_id), None)

    def tally(self, merchant_id):
        return self.tallies.get(merchant_id) or Tally(merchant_id)

    def put_tally(self, tally):
        return self.tallies.put(tally.merchant_id, tally, tally.version - 1)

    def wish(self, customer_id, merchant_id):
        return self.wished.get((customer_id, merchant_id))

    def put_wish(self, wish):
        return self.wished.put((wish.customer_id, wish.merchant_id), wish, wish.version - 1)

    def wishes(self, customer_id, after, limit):
        return Page(tuple(one for key, one in self.wished.items() if key[0] == customer_id), None)

    def heard(self, customer_id):
        return self.hearing.get(customer_id) or Heard(customer_id)

    def put_heard(self, heard, until):
        return self.hearing.put(heard.customer_id, heard, heard.version - 1)

    def forget(self, customer_id):
        self.hearing.pop(customer_id, None)
        for key in [one for one in self.wished if one[0] == customer_id]:
            del self.wished[key]


class FakeOutreach:
    """See `outreach.ports.OutreachStore`."""

    shards = 1

    def __init__(self):
        self.rows, self.starts, self.to = Rows(), Rows(), {}

    def outreach(self, merchant_id, outreach_id):
        return self.rows.get((merchant_id, outreach_id))

    def create(self, outreach):
        return self.rows.put((outreach.merchant_id, outreach.id), outreach, 0)

    def replace(self, outreach):
        return self.rows.put((outreach.merchant_id, outreach.id), outreach, outreach.version - 1)

    def check_sending(self, outreach):
        def sending():
            return self.rows[outreach.merchant_id, outreach.id].state is State.SENDING

        return condition(sending, NotSending(state="over"), -1)

    def list_of(self, merchant_id, after, limit):
        return Page(tuple(one for key, one in self.rows.items() if key[0] == merchant_id), None)

    def due(self, shard, now, limit):
        found = [one for one in self.rows.values() if one.next_at is not None and one.next_at <= now]
        return sorted(found, key=lambda one: one.next_at)[:limit]

    def sent_to(self, outreach_id, customer_id, at):
        place = (outreach_id, customer_id)
        return Action((lambda: place not in self.to, lambda: self.to.__setitem__(place, at)))

    def recipients(self, outreach_id):
        return [(customer, at) for (one, customer), at in self.to.items() if one == outreach_id]

    def started(self, merchant_id):
        return self.starts.get(merchant_id) or Started(merchant_id)

    def put_started(self, started):
        return self.starts.put(started.merchant_id, started, started.version - 1)


class World:
    """Everything around it in memory.

    `agreed`: customers who consent to marketing; `off`: who switched offers off; `blocked`: customers who are blocked.
    """

    def __init__(self, now=NOW, zone="Asia/Shanghai"):
        self.clock, self.customers, self.store = StoppedClock(now), FakeCustomers(), FakeOutreach()
        self.agreed, self.off, self.blocked, self.messages = set(), set(), set(), []
        self.orders, self.sold, self.coupons, self.campaigns, self.read = {}, [], {}, {}, set()
        self.shop = replace(shop(), zone=zone)
        self.committer = Committer()
        self.ports = OutreachPorts(
            customers=self.customers,
            store=self.store,
            clock=self.clock,
            committer=self.committer,
            idempotency=SimpleNamespace(remember=lambda _once, _result: condition(lambda: True, None)),
            orders=SimpleNamespace(store=SimpleNamespace(order=self.orders.get, of_shop=self._of_shop)),
            shops=SimpleNamespace(store=SimpleNamespace(shop=lambda one: self.shop if one == self.shop.id else None)),
            dealings=SimpleNamespace(may_begin=self._may_begin, may_go_on=lambda one, _other: one not in self.blocked),
            consents=SimpleNamespace(store=SimpleNamespace(consents=self._consents)),
            outbox=SimpleNamespace(put=self._put),
            coupons=SimpleNamespace(
                store=SimpleNamespace(campaign=self.campaigns.get, coupons=self._coupons, with_claimed=lambda one: one),
                purses=SimpleNamespace(),
            ),
            profiles=SimpleNamespace(choices=SimpleNamespace(choices=self._choices)),
            reached=self._reached,
            hosts=lambda: frozenset({"linli.example"}),
        )

    def _of_shop(self, _shop_id, _after, _limit):
        return Page(tuple(sorted(self.sold, key=lambda one: one.created_at, reverse=True)), None)

    def _may_begin(self, one, _other):
        return [condition(lambda: one not in self.blocked, NotAvailable())]

    def _consents(self, account_id):
        if account_id not in self.agreed:
            return []
        return [SimpleNamespace(purpose=Purpose.MARKETING, agreed=True, version="2026-12-01")]

    def _put(self, message):
        return Action((lambda: True, lambda: self.messages.append(message)))

    def _coupons(self, ids):
        return [SimpleNamespace(id=one, campaign_id=self.coupons[one]) for one in ids if one in self.coupons]

    def _choices(self, account_id):
        from chalicelib.profiles.ports import Channel

        kind = "outreach.offer.customer"
        return Choices(off=frozenset((kind, one) for one in Channel) if account_id in self.off else frozenset())

    def _reached(self, told):
        return Reached(len(told), sum(account in self.read for _, account in told))

    def tag(self, number, *tags, remove=(), actor=MERCHANT):
        """Give `acc_<number>`, who bought once, tags."""
        customer_id = f"acc_{number:05}"
        self.orders[f"ord_{number}"] = order(
            [], id=f"ord_{number}", customer_id=customer_id, merchant_id=actor.merchant_id, confirmed_at=NOW
        )
        return use_cases.change(self.ports, actor, customer_id, f"ord_{number}", tags, remove)

    def crowd(self, number, *tags, agreed=True):
        """Tag so many customers."""
        for one in range(1, number + 1):
            self.tag(one, *(tags or ("regular",)))
            if agreed:
                self.agreed.add(f"acc_{one:05}")

    def begin(self, *tags, actor=MERCHANT, **fields):
        told = {"coupon_campaign": None, "starts_at": self.clock.now(), "per_hour": 600, **fields}
        draft = Draft("May", tags or ("regular",), TEXT, **told)
        return use_cases.begin(self.ports, actor, self.shop.id, draft, once())

    def run(self, turns=1, step=TURN):
        """Let so many turns pass; return what each did."""
        ran = []
        for _ in range(turns):
            ran.append(use_cases.run(self.ports, self.clock.moment))
            self.clock.moment += step
        return ran

    def stands(self, outreach):
        return self.store.outreach(outreach.merchant_id, outreach.id)

    @property
    def told(self):
        """How often each customer was written to."""
        return Counter(one.payload["customer_id"] for one in self.messages)
