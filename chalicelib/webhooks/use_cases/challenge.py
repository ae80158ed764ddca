"""A challenge: before anything is sent to an address, whoever is there shows that they want it and have the secret."""

import json
import secrets
from datetime import datetime

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.ids import new_id, timed_id
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.webhooks.ports import Answer, Endpoint, Listener, WebhookPorts
from chalicelib.webhooks.problems import ChallengeFailed
from chalicelib.webhooks.rules import endpoint as rules
from chalicelib.webhooks.rules.delivery import Verdict
from chalicelib.webhooks.rules.events import CHALLENGE, SCHEMA, text
from chalicelib.webhooks.rules.listening import challenged
from chalicelib.webhooks.rules.signing import headers, is_answer
from chalicelib.webhooks.use_cases.endpoints import read


def challenge(ports: WebhookPorts, actor: Actor, endpoint_id: str) -> Endpoint:
    """Send a nonce to an endpoint; once it has answered with the nonce's signature, within `CHALLENGE_WITHIN`, it is
    active, and what waits for it is sent. That each challenge is written down before it is sent bounds how often we can
    be made to call somebody.

    Raises:
        Forbidden, NotFound: as `endpoints.read`. NoSecret, TooSoon: see `rules.challenged`, `listening.challenged`.
        ChallengeFailed: the answer was late, none, or another.
    """

    def ask() -> Endpoint:
        now = ports.clock.now()
        asked = rules.challenged(read(ports, actor, endpoint_id), now)
        owner = ports.listeners.listener(asked.owner_id) or Listener(asked.owner_id)
        counted = ports.listeners.challenged(owner, challenged(owner, now))
        ports.committer.commit([ports.endpoints.replace(asked), counted])
        return asked

    asked = retrying(ask)
    _must_answer(ports, asked, ports.clock.now())

    def activate() -> Endpoint:
        standing = ports.endpoints.endpoint(asked.owner_id, asked.id)
        if standing is None:
            raise NotFound("webhook endpoint")
        if (standing.url, standing.secret) != (asked.url, asked.secret):
            raise Contention  # what answered is not what stands there now
        new = rules.activated(standing, ports.clock.now())
        ports.committer.commit([ports.endpoints.replace(new, anew=True)])
        return new

    return retrying(activate)


def _must_answer(ports: WebhookPorts, asked: Endpoint, now: datetime) -> None:
    secret, nonce = asked.secret or "", secrets.token_urlsafe(24)
    event_id = timed_id("evt", now, new_id("cha"))
    data = {"endpoint_id": asked.id, "merchant_id": asked.owner_id, "nonce": nonce, "version": 0, "schema": SCHEMA}
    body = text(CHALLENGE, now, data)
    answer = ports.caller.call(asked.url, headers(event_id, now, body, (secret,)), body, rules.CHALLENGE_WITHIN)
    if answer.verdict != Verdict.TAKEN:
        raise ChallengeFailed(answer=answer.reason or f"HTTP {answer.status}")
    if not is_answer(_signature(answer), secret, event_id, now, nonce):
        raise ChallengeFailed(answer=f"HTTP {answer.status}, without the nonce's signature")


def _signature(answer: Answer) -> object:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    return said.get("signature") if isinstance(said, dict) else None
