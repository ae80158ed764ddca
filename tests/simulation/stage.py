"""The platform under the simulation: real stores on an emulator, providers in memory that lose answers, one clock."""

import random
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from chalicelib import wiring
from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import CampaignDraft
from chalicelib.coupons.ports import Terms as CouponTerms
from chalicelib.coupons.rules import Limits
from chalicelib.kit import ids
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.kit.idempotency import Answer, InProgress, Once, Replayed
from chalicelib.payments.rules import ALIPAY, BALANCE, STRIPE, WECHAT, Method, RefundState
from chalicelib.risk.ports import Policy
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Route, Terms, Tier
from tests.api import call
from tests.fakes.provider import FakeProvider
from tests.fakes.time import FakeClock
from tests.simulation.chaos import DyingCommitter, EverySecond, Killed

BEGINS = datetime(2030, 5, 1, 1, tzinfo=UTC)
ADMIN = Actor("acc_admin", frozenset({Role.ADMIN}), "ses_admin", methods=("sms", "otp"))
CURRENCIES = ("CNY", "CNY", "CNY", "JPY", "KWD")
STAFF = 4
AGAIN = (Killed, Unavailable)


@dataclass(frozen=True)
class Seller:
    """A merchant and the shop."""

    actor: Actor
    shop: dict[str, Any]
    currency: str
    price: int
    terms: Terms


class Stage:
    """Everything that runs, and what goes wrong with it.

    Attributes:
        notices: (provider, event, subject, ref) that providers have told, not yet delivered.
    """

    def __init__(self, seed: int, monkeypatch: Any, deaths: float) -> None:
        self.chance = random.Random(seed)
        self.clock = FakeClock(BEGINS)
        wiring.use_clock(self.clock)
        # Ids decide where rows lie, and so what is met first: the same seed, the same ids.
        monkeypatch.setattr(ids, "secrets", SimpleNamespace(randbits=self.chance.getrandbits))
        now = self.clock.now
        monkeypatch.setattr(ids, "time", SimpleNamespace(time_ns=lambda: int(now().timestamp()) * 1_000_000_000))
        self.committer = DyingCommitter(wiring.committer(), self.chance, 0)
        self._rate = deaths
        monkeypatch.setattr(wiring, "committer", lambda: self.committer)
        self.losses = EverySecond(self.chance)
        self.providers = {
            STRIPE: FakeProvider(STRIPE, 290, self.clock.now),
            ALIPAY: FakeProvider(ALIPAY, 60, self.clock.now),
            WECHAT: FakeProvider(WECHAT, 60, self.clock.now),
        }
        for wallet in (ALIPAY, WECHAT):
            self.providers[wallet].refund_outcome = RefundState.PENDING
        self._wire(monkeypatch)
        self.notices: list[tuple[str, str, str, str]] = []
        self.events = self.twice = 0
        self.sellers = [self._seller(number, currency) for number, currency in enumerate(CURRENCIES)]
        self.campaigns = {one.shop["id"]: self._campaign(one) for one in self.sellers}
        self.arm()

    def _wire(self, monkeypatch: Any) -> None:
        stripe = self.providers[STRIPE]
        monkeypatch.setattr(wiring, "stripe", lambda: stripe)
        risk = replace(wiring.risk(), policy=Policy(limits={}))
        monkeypatch.setattr(wiring, "risk", lambda: risk)
        via = {Method.CARD: STRIPE, Method.ALIPAY: ALIPAY, Method.WECHAT_PAY: WECHAT, Method.BALANCE: BALANCE}
        ports = replace(wiring.payments(), providers=self.providers, disputes={STRIPE: stripe}, via=via, risk=risk)
        monkeypatch.setattr(wiring, "payments", lambda: ports)

    def days(self) -> list[date]:
        """Return the UTC dates that there have been."""
        return [BEGINS.date() + timedelta(days=day) for day in range((self.clock.now() - BEGINS).days + 2)]

    def arm(self) -> None:
        """From now on functions die, and every second answer of a provider is lost."""
        self.committer.rate = self._rate
        for provider in self.providers.values():
            provider.loses = self.losses

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.committer.rate = 0
        for provider in self.providers.values():
            provider.loses = lambda: False

    def _seller(self, number: int, currency: str) -> Seller:
        actor = Actor(f"acc_m{number}", frozenset({Role.CUSTOMER, Role.MERCHANT}), f"ses_m{number}")
        price = {"CNY": 12_800, "JPY": 3_333, "KWD": 12_340}[currency] + number * (10 if currency == "KWD" else 7)
        terms = Terms(
            zone=("Asia/Shanghai", "Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo", "Asia/Kuwait")[number],
            delay_days=number % 3,
            commission_bps=800 + 50 * number,
            tiers={currency: (Tier(price * 40, 600),)},
            fixed_fee={currency: 30} if number % 2 else {},
            subscription={currency: 990} if number == 1 else {},
            tax_bps=600 if number % 2 == 0 else 0,
            tax_included=number % 4 == 0,
            minimum={currency: price * 2} if number == 2 else {},
            reserve_bps=1_000 if number == 1 else 0,
            reserve_days=7,
            route=Route.CONNECT,
            connect_account=f"acct_m{number}",
            reverse=number % 2 == 0,
        )
        settlement.set_terms(wiring.settlement(), ADMIN, actor.account_id, terms, _why())
        return Seller(actor, _shop(actor, currency, price), currency, price, terms)

    def _campaign(self, seller: Seller) -> str:
        """A campaign that the platform pays a third of, and the seller's shop takes part in."""
        now = self.clock.now()
        terms = CouponTerms(seller.currency, percent_bps=2_345, platform_bps=3_333)
        draft = CampaignDraft("五月", terms, None, now, now + timedelta(days=99), Limits(money=10**8))
        made = coupons.open_campaign(wiring.coupons(), ADMIN, None, draft, self.once())
        coupons.join(wiring.coupons(), seller.actor, seller.shop["id"], made.id, _why(), self.once())
        return made.id

    def tell(self, provider: str, subject: str, ref: str) -> None:
        """A provider tells us something: three in ten times twice."""
        self.events += 1
        times = 2 if self.chance.random() < 0.3 else 1
        self.twice += times == 2
        self.notices += [(provider, f"evt_{self.events}", subject, ref)] * times

    def once(self) -> Once:
        """Return the key of one request of a client, who repeats it until it is answered."""
        return Once("sim", f"{self.chance.getrandbits(128):032x}", "same", _answer)

    def client(self, work: Any, once: Once) -> Any:
        """Do what a client asks for, again and again with the same key until there is an answer: what `work` returns,
        or the stored answer's text where it was answered before (also where the repeat is refused because of that).
        """
        for _ in range(200):
            try:
                return work()
            except AGAIN:
                continue
            except InProgress:
                self.clock.move(seconds=31)  # a dead request's lease runs out
            except Replayed as known:
                return known.answer.body
            except Problem:
                answer = wiring.idempotency().recall(once)
                if answer is None:
                    raise
                return answer.body
        raise AssertionError("never answered")


def _answer(result: Any) -> Answer:
    return Answer(201, str(getattr(result, "id", "")))


def _why() -> Any:
    from chalicelib.audit.ports import Why

    return Why("simulation")


def _shop(actor: Actor, currency: str, price: int) -> dict[str, Any]:
    wish = {
        "name": "静安理发",
        "categories": ["hair"],
        "address": "上海市静安区南京西路1号",
        "position": {"lat": 31.23, "lon": 121.46},
        "zone": "Asia/Shanghai",
        "currency": currency,
        "hours": [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)],
    }
    shop = _made(call("POST", "/v1/shops", actor=actor, body=wish))
    for number in range(STAFF):
        staff = {"name": f"阿玲{number}"}
        _made(call("POST", "/v1/shops/{shop_id}/staff", actor=actor, body=staff, shop_id=shop["id"]))
    offering = {"name": "剪发", "minutes": 60, "price": {"amount": price, "currency": currency}}
    made = _made(call("POST", "/v1/shops/{shop_id}/offerings", actor=actor, body=offering, shop_id=shop["id"]))
    return {**shop, "offering_id": made["id"]}


def _made(answer: Any) -> dict[str, Any]:
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def key() -> str:
    """Return a fresh Idempotency-Key."""
    return uuid.uuid4().hex


def later(moment: datetime, **by: float) -> datetime:
    """Return a later moment."""
    return moment + timedelta(**by)
