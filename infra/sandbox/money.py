"""The control endpoints that move money: what payers, banks, merchants and thieves do. See README.md."""

from typing import Literal

from pydantic import Field

from infra.sandbox import accounts, charges, disputes, intents, payouts, refunds, transfers
from infra.sandbox.bodies import Body, read
from infra.sandbox.controls import Endpoint
from infra.sandbox.errors import required
from infra.sandbox.httpd import Request
from infra.sandbox.state import Json, RefundOutcome
from infra.sandbox.world import World


class RefundDefault(Body):
    """What refunds made from now on become."""

    outcome: RefundOutcome


class RefundEnd(Body):
    """What a refund becomes."""

    outcome: Literal["succeeded", "failed"]
    failure_reason: str = "declined"


class Charged(Body):
    """A charge, or the PaymentIntent whose latest one it is."""

    charge: str | None = None
    payment_intent: str | None = None


class NewDispute(Charged):
    """Which charge is disputed, and for how much; an inquiry takes no money yet."""

    amount: int | None = None
    reason: str = "general"
    inquiry: bool = False


class DisputeEnd(Body):
    """How the bank decides; an inquiry is closed, or escalated to a dispute."""

    outcome: Literal["won", "lost", "escalated", "closed"]


class NewTransfer(Charged):
    """Money sent to an account by somebody who is not the application: it carries no metadata."""

    destination: str
    amount: int
    currency: str = "cny"


class NewPayout(Body):
    """Everything that is available, or an amount by hand."""

    amount: int | None = None
    currency: str = "cny"
    outcome: payouts.Outcome = "paid"


class PayoutEnd(Body):
    """Whether it arrived."""

    outcome: Literal["paid", "failed"]


class NewFee(Body):
    """What Stripe takes by itself."""

    amount: int = Field(ge=1)
    currency: str = "cny"


class Arrangement(Body):
    """What Stripe thinks of an account."""

    status: accounts.Status = "enabled"
    balance: int | None = Field(default=None, ge=0)


class Money:
    """The endpoints, by method and path."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.endpoints: tuple[Endpoint, ...] = (
            ("POST", "/payment_intents/{}/approve", self._approve),
            ("POST", "/payment_intents/{}/decline", self._decline),
            ("POST", "/payment_intents/{}/capture_again", self._capture_again),
            ("POST", "/refunds/outcome", self._refund_outcome),
            ("POST", "/refunds/{}", self._settle_refund),
            ("POST", "/disputes", self._dispute),
            ("POST", "/disputes/{}", self._decide),
            ("POST", "/transfers", self._transfer),
            ("POST", "/payouts", self._payout),
            ("POST", "/payouts/{}", self._end_payout),
            ("POST", "/fees", self._fee),
            ("POST", "/accounts/{}", self._arrange),
        )

    def _approve(self, _: Request, intent: str) -> Json:
        with self.world.lock:
            return dict(intents.approve(self.world, self.world.find("payment_intent", intent)))

    def _decline(self, _: Request, intent: str) -> Json:
        with self.world.lock:
            return dict(intents.decline(self.world, self.world.find("payment_intent", intent)))

    def _capture_again(self, _: Request, intent: str) -> Json:
        with self.world.lock:
            return dict(intents.capture_again(self.world, self.world.find("payment_intent", intent)))

    def _refund_outcome(self, request: Request) -> Json:
        with self.world.lock:
            self.world.state.settings.refund_outcome = read(RefundDefault, request).outcome
            return self.world.state.settings.model_dump()

    def _settle_refund(self, request: Request, refund: str) -> Json:
        end = read(RefundEnd, request)
        with self.world.lock:
            found = self.world.find("refund", refund)
            return dict(refunds.settle(self.world, found, end.outcome, end.failure_reason))

    def _dispute(self, request: Request) -> Json:
        wanted = read(NewDispute, request)
        with self.world.lock:
            charge = self._charge(wanted)
            if charge is None:
                raise required("charge")
            extra = wanted.model_dump(include={"amount", "reason", "inquiry"}, exclude_none=True)
            return dict(disputes.create(self.world, charge, extra))

    def _decide(self, request: Request, dispute: str) -> Json:
        end = read(DisputeEnd, request)
        with self.world.lock:
            return dict(disputes.decide(self.world, self.world.find("dispute", dispute), end.outcome))

    def _transfer(self, request: Request) -> Json:
        wanted = read(NewTransfer, request)
        with self.world.lock:
            params = wanted.model_dump(include={"destination", "amount", "currency"})
            charge = self._charge(wanted)
            return dict(transfers.create(self.world, params | ({"source_transaction": charge["id"]} if charge else {})))

    def _payout(self, request: Request) -> Json:
        wanted = read(NewPayout, request)
        with self.world.lock:
            return dict(payouts.create(self.world, wanted.currency, wanted.amount, wanted.outcome))

    def _end_payout(self, request: Request, payout: str) -> Json:
        end = read(PayoutEnd, request)
        with self.world.lock:
            return dict(payouts.end(self.world, self.world.find("payout", payout), end.outcome))

    def _fee(self, request: Request) -> Json:
        wanted = read(NewFee, request)
        with self.world.lock:
            return dict(charges.book(self.world, "stripe_fee", -wanted.amount, wanted.currency, None, category="fee"))

    def _arrange(self, request: Request, account: str) -> Json:
        wanted = read(Arrangement, request)
        with self.world.lock:
            return accounts.arrange(self.world, account, wanted.status, wanted.balance)

    def _charge(self, wanted: Charged) -> Json | None:
        charge = wanted.charge
        if charge is None and wanted.payment_intent is not None:
            charge = self.world.find("payment_intent", wanted.payment_intent)["latest_charge"] or ""
        return None if charge is None else self.world.find("charge", charge)
