"""People and shops of a running stack, as they act from outside: over the API, the inbox and the Stripe sandbox.

Accounts are made by the operator's function `accounts-grant-role` and act with tokens that are signed with the stack's own
key: sign-in codes are budgeted by source address, and the demo needs them. Every answer is held against the API document.
"""

import base64
import hashlib
import hmac
import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.clock import iso
from chalicelib.kit.regions import Regions
from chalicelib.kit.tokens import SigningKey, Tokens
from chalicelib.kit.wire import rfc3339
from chalicelib.notifications.unsubscribing import UnsubscribeLinks
from infra import secrets
from infra.local.supervisor import LocalStack
from infra.queues import QUEUES
from tests import openapi, watch
from tests.api import Answer

Json = dict[str, Any]
PRICE = 12_800  # fen
SECONDS = 90.0  # patience with what goes through queues, and with cold functions
AGAIN_SECONDS = 420.0  # patience with a message that failed once: the queue of payments shows it again after 360
ANSWER_SECONDS = 300.0  # patience with one answer: fifty cold processes at once take two busy cores minutes
METHODS = ("sms", "otp")
_LOOK_SECONDS = 0.2  # between two looks, which cost what is waited for its share of two cores


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    id: str
    phone: str
    roles: frozenset[Role]
    works_for: Mapping[str, Role] = field(default_factory=dict, hash=False)


class Town:
    """A running stack and who lives in it."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.api = stack.addresses.api
        self._secrets = secrets.read(stack.target)
        self._tokens = Tokens(self._keys, stack.target.stage, Regions(stack.target.region))
        self._sessions: dict[str, str] = {}
        self._lambda = stack.target.client("lambda")

    def _keys(self, _again: bool) -> tuple[SigningKey, ...]:
        return (SigningKey("1", base64.urlsafe_b64decode(self._secrets["access-key-1"] + "=")),)

    def person(self, *roles: Role) -> Person:
        """Return somebody new; everybody is a customer."""
        phone = f"+86139{random.SystemRandom().randrange(10**8):08d}"
        for role in (Role.CUSTOMER, *roles):
            account_id = self.invoke("accounts-grant-role", {"phone": phone, "role": role})["account_id"]
        watch.PEOPLE.update({phone, phone[3:]})
        return Person(account_id, phone, frozenset({Role.CUSTOMER, *roles}))

    def ages(self, person: Person, days: int = 30) -> Person:
        """Have somebody's account be older; return them."""
        self.stack.target.client("dynamodb").update_item(
            TableName=f"{self.stack.target.table_prefix}-accounts",
            Key={"pk": {"S": person.id}, "sk": {"S": "ACCOUNT"}},
            UpdateExpression="SET created_at = :at",
            ExpressionAttributeValues={":at": {"S": iso(datetime.now(UTC) - timedelta(days=days))}},
        )
        return person

    def people(self, number: int) -> list[Person]:
        """Return so many new customers."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda _: self.person(), range(number)))

    def token(self, person: Person) -> str:
        """Return a fresh access token of somebody's, of a session that stands."""
        return self.token_of(self.actor(person))

    def token_of(self, actor: Actor) -> str:
        """Return a fresh access token of an actor."""
        return self._tokens.issue(actor, datetime.now(UTC))

    def actor(self, person: Person) -> Actor:
        """Return somebody as their token says them: signed in with two factors."""
        if person.id not in self._sessions:
            self._sessions[person.id] = self._signed_in(person.id)
        session_id = self._sessions[person.id]
        return Actor(person.id, person.roles, session_id, memberships=person.works_for, methods=METHODS)

    def signed_out(self, person: Person) -> None:
        """Take note that somebody's session may be over: the next token is of another one."""
        self._sessions.pop(person.id, None)

    def _signed_in(self, account_id: str) -> str:
        """Put a session, as signing in does; codes are budgeted."""
        table, client = f"{self.stack.target.table_prefix}-accounts", self.stack.target.client("dynamodb")
        key = {"pk": {"S": account_id}, "sk": {"S": "ACCOUNT"}}
        account = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
        session_id, now = f"ses_{uuid.uuid4().hex[:26]}", iso(datetime.now(UTC))
        row = {
            "pk": {"S": account_id},
            "sk": {"S": f"SES#{session_id}"},
            "epoch": account.get("epoch", {"N": "0"}),
            "generation": {"N": "1"},
            "refreshed_at": {"S": now},
            "opened_at": {"S": now},
            "methods": {"S": json.dumps(METHODS)},
            "expires_at": {"N": str(int(time.time()) + 86_400)},
        }
        client.put_item(TableName=table, Item=row)
        return session_id

    def member(self, merchant: Person, role: Role) -> Person:
        """Return somebody new who works for a merchant."""
        return replace(self.person(), works_for={merchant.id: role})

    def invoke(self, function: str, event: Json) -> Any:
        """Run a function as an operator may; it must not fail."""
        name = f"linli-{self.stack.target.stage}-{function}"
        answer = self._lambda.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        payload = answer["Payload"].read()
        assert not answer.get("FunctionError"), payload
        return json.loads(payload or b"null")

    def schedule(self, function: str, as_of: datetime) -> Any:
        """Run a scheduled function as of another time."""
        return self.invoke(function, scheduled(as_of))

    def call(
        self,
        method: str,
        path: str,
        person: Person | None = None,
        body: Any = None,
        *,
        key: str | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """Send one request to `/v1<path>` and hold its answer against the API document."""
        answer = self.send(method, path, person, body, key=key, raw=raw, headers=headers, **query)
        openapi.check(answer, method, f"/v1{path}")
        return answer

    def send(
        self,
        method: str,
        path: str,
        person: Person | None = None,
        body: Any = None,
        *,
        key: str | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """Send one request to `/v1<path>`; checking its answer would take time from the clients beside this one."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if person is not None:
            sent["Authorization"] = f"Bearer {self.token(person)}"
        if method == "POST":
            sent["Idempotency-Key"] = key or uuid.uuid4().hex
        data = raw if raw is not None else (json.dumps(body) if body is not None else None)
        got = requests.request(
            method, f"{self.api}/v1{path}", params=query, data=data, headers=sent, timeout=ANSWER_SECONDS
        )
        return Answer(got.status_code, got.text, dict(got.headers))

    def get(self, path: str, person: Person | None = None, **query: Any) -> Any:
        """Return what a GET is answered with."""
        answer = self.call("GET", path, person, **query)
        assert answer.status == 200, answer.text
        return answer.json

    def make(self, path: str, person: Person, body: Any = None, status: int = 201) -> Json:
        """Return what a POST makes."""
        answer = self.call("POST", path, person, body)
        assert answer.status == status, answer.text
        made: Json = answer.json
        return made

    def open_shop(self, merchant: Person, *, price: int = PRICE, currency: str = "CNY") -> Json:
        """Return a shop that never closes, with one person and one offering of half an hour."""
        wish = {
            "name": "邻里理发",
            "name_en": "Linli Barber",
            "categories": ["hair"],
            "address": "上海市松江区示范路 1 号",
            "position": {"lat": 31.05, "lon": 121.25},
            "zone": "Asia/Shanghai",
            "currency": currency,
            "hours": [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)],
        }
        shop = self.make("/shops", merchant, wish)
        staff = self.make(f"/shops/{shop['id']}/staff", merchant, {"name": "阿玲"})
        offering = {"name": "剪发", "minutes": 30, "price": {"amount": price, "currency": currency}}
        offering = self.make(f"/shops/{shop['id']}/offerings", merchant, offering)
        return {**shop, "offering_id": offering["id"], "staff_id": staff["id"]}

    def wish(self, shop: Json, start: datetime) -> Json:
        """Return an order of one line for a time in a shop."""
        line = {"kind": "booking", "shop_id": shop["id"], "offering_id": shop["offering_id"], "start": rfc3339(start)}
        return {"lines": [line]}

    def hold(self, customer: Person, shop: Json, start: datetime) -> Json:
        """Return a held order of that time."""
        return self.make("/orders", customer, self.wish(shop, start))

    def pay(self, customer: Person, order: Json, method: str = "card", decision: str = "approve") -> Json:
        """Return a payment that the customer began, and then approved or declined at Stripe."""
        wish = {"method": method, "return_url": "https://linli.example/return"}
        payment = self.make(f"/orders/{order['id']}/payments", customer, wish)
        if payment["action_url"] is not None:
            answer = requests.post(payment["action_url"], data={"action": decision}, timeout=ANSWER_SECONDS)
            assert answer.ok, answer.text
            return payment
        self.confirm(payment, decision)
        return payment

    def confirm(self, payment: Json, decision: str = "approve") -> None:
        """Pay by card, as the customer's app does at Stripe."""
        intent = payment["client_secret"].partition("_secret_")[0]
        card = {"approve": "pm_card_visa", "decline": "pm_card_chargeDeclined"}[decision]
        answer = requests.post(
            f"{self.stack.addresses.sandbox}/v1/payment_intents/{intent}/confirm",
            headers={"Authorization": "Bearer pk_test_sandbox"},
            data={"client_secret": payment["client_secret"], "payment_method": card},
            timeout=ANSWER_SECONDS,
        )
        assert answer.status_code == (200 if decision == "approve" else 402), answer.text

    def way_out(self, person: "Person", kind: str) -> str:
        """Return what the address in a mail ends with, by which somebody stops a kind of notice."""
        return UnsubscribeLinks(lambda: self._secrets["cursor-key"], lambda: None).make(person.id, kind)

    @property
    def receipts_key(self) -> str:
        """What the addresses end in that text providers are given."""
        return self._secrets["receipts-key"]

    def signature(self, told: bytes, at: datetime | None = None, secret: str | None = None) -> dict[str, str]:
        """Return the header with which Stripe signs a notice, now or then (stripe.com/docs/webhooks/signatures)."""
        stamp = int((at or datetime.now(UTC)).timestamp())
        key = secret or self._secrets["stripe-webhook-secret"]
        mac = hmac.new(key.encode(), f"{stamp}.".encode() + told, hashlib.sha256).hexdigest()
        return {"Stripe-Signature": f"t={stamp},v1={mac}", "Content-Type": "application/json"}

    def order(self, customer: Person, order_id: str) -> Json:
        """Return an order as its customer sees it."""
        found: Json = self.get(f"/orders/{order_id}", customer)
        return found

    def becomes(self, customer: Person, order_id: str, state: str) -> Json:
        """Return the order as soon as it is in that state."""
        soon(lambda: self.order(customer, order_id)["state"] == state)
        return self.order(customer, order_id)

    def sandbox(self, method: str, path: str, body: Any = None) -> Any:
        """Call a control endpoint of the Stripe sandbox."""
        url = f"{self.stack.addresses.sandbox}/_sandbox{path}"
        answer = requests.request(method, url, json=body, timeout=ANSWER_SECONDS)
        assert answer.ok, answer.text
        return answer.json()

    def charges(self) -> Iterator[Json]:
        """Yield all charges as Stripe has them."""
        url, query = f"{self.stack.addresses.sandbox}/v1/charges", {"limit": "100"}
        while True:
            got = requests.get(
                url, params=query, headers={"Authorization": "Bearer sk_test_sandbox"}, timeout=ANSWER_SECONDS
            )
            assert got.ok, got.text
            page = got.json()
            yield from page["data"]
            if not page["has_more"]:
                return
            query["starting_after"] = page["data"][-1]["id"]

    def notices(self, person: Person, kind: str) -> list[str]:
        """Return the texts of a kind that reached somebody's phone, the newest first."""
        query = {"to": person.phone, "kind": kind}
        found = requests.get(f"{self.stack.addresses.inbox}/messages", params=query, timeout=ANSWER_SECONDS)
        return [message["body"] for message in found.json()["data"]]

    def balances(self, admin: Person) -> tuple[int, dict[str, int]]:
        """Return the trial balance's total in CNY and the accounts' balances."""
        sheets = [one for one in self.get("/admin/ledger/trial-balance", admin)["items"] if one["currency"] == "CNY"]
        return (sheets[0]["total"], sheets[0]["accounts"]) if sheets else (0, {})

    def logged(self, function: str, since: float) -> str:
        """Return what a function has logged since then (epoch seconds)."""
        group = f"/aws/lambda/{self.stack.target.prefix}-{function}"
        pages = self.stack.target.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, startTime=int(since * 1000))
        return "\n".join(event["message"] for page in found for event in page["events"])

    def waiting(self) -> dict[str, int]:
        """Return how many messages are on their way, or dead, by place; places without any are left out."""
        counts = dict(self._queue_lengths())
        table = f"{self.stack.target.table_prefix}-outbox"
        counts["outbox"] = self.stack.target.client("dynamodb").scan(TableName=table, Select="COUNT")["Count"]
        return {name: count for name, count in counts.items() if count}

    def calms_down(self) -> None:
        """Return once nothing is on its way any more; AssertionError says what still is, and what was said of failures.

        A message that failed once comes again after its queue's visibility time-out: it is waited for.
        """
        began = time.time()
        deadline = time.monotonic() + AGAIN_SECONDS
        while waiting := self.waiting():
            assert time.monotonic() < deadline, f"still on its way: {waiting}\n{self._failures(began - AGAIN_SECONDS)}"
            time.sleep(_LOOK_SECONDS)

    def _failures(self, since: float) -> str:
        """Return the last lines in which functions told of what they could not do."""
        names = {spec.function for spec in QUEUES} | {"outbox-relay"}
        lines = [line for name in names for line in self.logged(name, since).splitlines() if '"level":"ERROR"' in line]
        return "\n".join(lines[-5:])

    def _queue_lengths(self) -> Iterator[tuple[str, int]]:
        client = self.stack.target.client("sqs")
        for name in [name for spec in QUEUES for name in (spec.name, f"{spec.name}-dlq")] + ["outbox-relay-failures"]:
            url = client.get_queue_url(QueueName=f"{self.stack.target.prefix}-{name}")["QueueUrl"]
            found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
            yield name, sum(int(found[kind]) for kind in kinds)


def scheduled(as_of: datetime) -> Json:
    """Return what EventBridge sends to a scheduled function, with another time than now."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": rfc3339(datetime.now(UTC).replace(microsecond=0)),
        "region": "ap-southeast-1",
        "resources": [],
        "detail": {},
        "as_of": rfc3339(as_of),
    }


def notice(kind: str, ref: str) -> bytes:
    """Return a notice of Stripe's about one of its objects."""
    about = {"object": kind, "id": ref}
    body = {"id": f"evt_{uuid.uuid4().hex}", "object": "event", "type": f"{kind}.updated", "data": {"object": about}}
    return json.dumps(body).encode()


def soon(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition is true; AssertionError when patience is at its end."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(_LOOK_SECONDS)


def slot(number: int, day: int = 2) -> datetime:
    """Return the half hour of that number, of a UTC date so many days ahead: tomorrow may begin in a minute, when some are
    already taken by what is booked for today.
    """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=day, minutes=30 * number)
