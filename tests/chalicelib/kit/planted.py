"""What planted routes say and are asked, and a wiring that knows just as much as they need."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.kit.auth import Actor, Permission, Role
from chalicelib.kit.http import Wire

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
ADMIN = Actor("acc_a", frozenset({Role.ADMIN}), "ses_1", methods=("sms", "otp"))
CUSTOMER = Actor("acc_c", frozenset({Role.CUSTOMER}), "ses_2")
CLERK = replace(CUSTOMER, memberships={"acc_m1": Role.STAFF, "acc_m2": Role.STAFF})
AGENT = replace(CUSTOMER, agent_id="acc_s")


class ThingIn(Wire):
    name: str
    number: int = 1


class Thing(Wire):
    id: str


class Wiring:
    """As much of the wiring as the decorator asks for."""

    def __init__(self):
        self.answers = {}
        self.recalled = 0
        self.looked_at = []

    def now(self):
        return NOW

    def clock(self):
        return self

    def tokens(self):
        return self

    def read(self, token, _now):
        return {"admin": ADMIN, "customer": CUSTOMER, "clerk": CLERK, "agent": AGENT}[token]

    def trace(self, *_told):
        pass

    def sessions(self):
        return self

    def must_stand(self, actor):
        self.looked_at.append(actor.session_id)

    def idempotency(self):
        return self

    def recall(self, once):
        self.recalled += 1
        answer = self.answers.get(once.key)
        if isinstance(answer, Exception):
            raise answer
        return answer


def make(_call):
    return Thing(id="t1")


def problem(answer, status, code):
    assert answer["statusCode"] == status, answer
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["X-Request-Id"] == "req-1"
    assert answer["json"]["code"] == code
    assert answer["json"]["type"] == f"urn:linli:problem:{code}"
    assert answer["json"]["request_id"] == "req-1"
    return answer["json"]


KEY = {"Idempotency-Key": "key-0001", "Authorization": "Bearer customer"}


def creating(call):
    once = call.once(lambda result: Thing(id=result))
    answer = once.render("t1")
    return Thing(id=json.loads(answer.body)["id"])


def idempotent(planted, view=creating):
    return planted(view, needs=Permission.ACCOUNT_OWN, body=ThingIn, returns=Thing, status=201, idempotent=True)
