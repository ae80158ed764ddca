"""Every operation of the API, tried as everybody: on what is theirs and on what is not.

What is sent is what succeeded once, for whom it succeeded (`Operations.done`); what must come of it as somebody else is
told by the table of permissions and by whose the object is, and by nothing of the code under test but that table:

| who | what must come |
|---|---|
| nobody, or with a forged token | 401, but where everybody may |
| whom no role of theirs brings the permission | 403 |
| who holds it, but not over this object | 403 or 404 |
| who holds it over this object | anything but 401 and 403, and 404 only where its owner gets it too |

What an answer shows is held against `fields`.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from schemathesis.core import NOT_SET

from chalicelib.kit.auth import Actor, Permission, Role
from chalicelib.kit.endpoints import ENDPOINTS, Endpoint
from chalicelib.kit.permissions import ACTING, GRANTS, MEMBER_ROLES, OPERATOR_ROLES, PERSONAL
from tests.e2e.fields import Look, shown
from tests.e2e.operations import Done
from tests.e2e.town import Person
from tests.e2e.walk import Walk

OPEN = frozenset(
    {
        "accounts_begin_link_oidc", "accounts_link_oidc", "accounts_revoke_session", "coupons_claim",
        "outreach_forget_tags", "outreach_say_offers", "privacy_say", "profiles_block_shop", "profiles_drop_favourite",
        "profiles_keep_favourite", "profiles_saw", "profiles_unblock_shop", "queueing_take",
        "reviews_report", "reviews_unvote", "reviews_vote",
    }
)  # fmt: skip
"""What its path names is there for everybody (a campaign, a queue, a shop, a review), or is looked up among one's own alone."""
OWN_RULE = frozenset(
    {
        "accounts_set_roles", "claims_decide", "orders_hold", "orders_quote", "outreach_begin", "payments_give",
        "payouts_approve", "settlement_agree", "shops_create", "webhooks_create", "webhooks_of_owner",
    }
)  # fmt: skip
"""Refused (403) to whom it concerns, whatever they may: nobody decides about themselves, nobody has a shop or an endpoint
who is no merchant and names none, and nobody buys elsewhere in the name of whom they work for.
"""
LAST = ("DELETE", "erasure", "password", "revoke", "sign_out", "set_roles", "factors", "totp", "passkey", "unlink")


@dataclass(frozen=True)
class Subject:
    """Somebody who tries.

    Attributes:
        name: what they are to the object.
        actor: None is nobody.
        person: whose session is opened anew where it is over; None where there is none to open.
        for_merchant: whom they say that they work for.
        token: said instead of the actor's.
    """

    name: str
    actor: Actor | None
    person: Person | None = None
    for_merchant: str | None = None
    token: str | None = None


@dataclass
class Result:
    """What came of it."""

    cells: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)


Send = Callable[[Endpoint, Mapping[str, str], Done], tuple[int, Any]]
"""Sends what was done once with these headers; returns the status and the body, read as JSON where it is."""


class Matrix:
    """Who tries, and what."""

    def __init__(self, walk: Walk, send: Send) -> None:
        self._walk, self._town, self._send = walk, walk.town, send
        self._stranger, self._other = self._town.person(), self._town.person(Role.MERCHANT)
        self._operators = {role: self._town.person(role) for role in sorted(OPERATOR_ROLES)}
        self._members: dict[tuple[str, Role], Person] = {}
        self.result = Result()

    def run(self) -> Result:
        """Try everything: first what is refused and changes nothing, then what is let through."""
        tries = list(self._tries())
        refused = [one for one in tries if one[3] != "pass"]
        through = [one for one in tries if one[3] == "pass"]
        for spec, done, subject, expected in refused:
            self._check(spec, done, subject, expected, None)
        through.sort(key=lambda one: (_is_last(one[0]), _name(one[0]), one[2].name != "owner"))
        owners: dict[str, int] = {}
        for spec, done, subject, expected in through:
            status = self._check(spec, done, subject, expected, owners.get(_name(spec)))
            owners.setdefault(_name(spec), status)
        return self.result

    def _tries(self) -> Iterator[tuple[Endpoint, Done, Subject, str]]:
        for spec in ENDPOINTS:
            done = self._walk.operations.done.get(_name(spec))
            if done is None:
                continue
            for subject in self._subjects(spec, done):
                yield spec, done, subject, expectation(spec, subject, done.person)

    def _subjects(self, spec: Endpoint, done: Done) -> Iterator[Subject]:
        yield Subject("nobody", None)
        yield Subject("forger", None, token="eyJhbGciOiJub25lIn0.eyJzdWIiOiJhY2NfMSJ9.")
        if spec.needs is None:
            return
        owner = done.person or self._walk.customer
        yield self._as("owner", owner)
        yield replace(self._as("half signed in", owner), actor=replace(self._town.actor(owner), is_half=True))
        yield self._as("stranger", self._stranger)
        yield self._as("other merchant", self._other)
        for role in sorted(MEMBER_ROLES):
            here, elsewhere = self._member(owner, role), self._member(self._other, role)
            yield self._as(f"{role} there", here, owner.id if spec.needs in GRANTS[role] else None)
            yield self._as(f"{role} elsewhere", elsewhere)
            yield self._as(f"{role} elsewhere who says there", elsewhere, owner.id)
        for role, person in self._operators.items():
            yield self._as(role, person)
            weak = replace(self._town.actor(person), methods=("sms",))
            yield replace(self._as(f"{role} with one factor", person), actor=weak)
        agent = self._town.actor(self._operators[Role.SUPPORT])
        acting = replace(agent, account_id=owner.id, roles=frozenset({Role.CUSTOMER}), agent_id=agent.account_id)
        yield Subject("support acting", acting, self._operators[Role.SUPPORT])

    def _as(self, name: str, person: Person, for_merchant: str | None = None) -> Subject:
        return Subject(name, self._town.actor(person), person, for_merchant)

    def _member(self, merchant: Person, role: Role) -> Person:
        if (merchant.id, role) not in self._members:
            self._members[merchant.id, role] = self._town.member(merchant, role)
        return self._members[merchant.id, role]

    def _check(self, spec: Endpoint, done: Done, subject: Subject, expected: str, owners: int | None) -> int:
        try:
            status, told = self._send(spec, self._headers(done, subject), done)
        except AssertionError as undocumented:
            self.result.faults.append(f"{_name(spec)} as {subject.name}: {str(undocumented)[:300]}")
            return 0
        if status == 401 and subject.person is not None and told.get("code") == "session-over":  # noqa: SIM102
            if subject.actor is not None and subject.token is None:
                self._town.signed_out(subject.person)
                again = replace(subject.actor, session_id=self._town.actor(subject.person).session_id)
                status, told = self._send(spec, self._headers(done, replace(subject, actor=again)), done)
        self.result.cells += 1
        self.result.statuses[status] += 1
        self.result.expected[expected] += 1
        if not _fits(expected, status, owners, spec):
            code = told.get("code") if isinstance(told, dict) else ""
            self.result.faults.append(f"{_name(spec)} as {subject.name}: {status} {code}, expected {expected}")
        if 200 <= status < 300:
            self._look(spec, done, subject, told)
        return status

    def _look(self, spec: Endpoint, done: Done, subject: Subject, told: Any) -> None:
        actor = subject.actor
        look = Look(
            actor, done.person.id if done.person else None, lambda wanted: actor is not None and may(actor, wanted)
        )
        for name, tells, is_theirs in shown(spec, told, look):
            if tells and not is_theirs:
                self.result.faults.append(f"{_name(spec)} as {subject.name}: shows {name}")
            if tells or not is_theirs:
                (self.result.shown if tells else self.result.kept)[name] += 1

    def _headers(self, done: Done, subject: Subject) -> dict[str, str]:
        sent = {name: value for name, value in done.headers.items() if name != "Authorization"}
        if "Idempotency-Key" in sent and subject.name != "owner":
            sent["Idempotency-Key"] = uuid.uuid4().hex
        token = subject.token or (self._town.token_of(subject.actor) if subject.actor else None)
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if subject.for_merchant:
            sent["X-Merchant-Id"] = subject.for_merchant
        return sent


def expectation(spec: Endpoint, subject: Subject, owner: Person | None) -> str:
    """Return what must come of a try: `401`, `403`, `hidden` (403 or 404), `pass`, `public`, or `either`:
    of the operator's people, at an address that says "me".
    """
    needs, actor = spec.needs, subject.actor
    if needs is None:
        return "public"
    if actor is None:
        return "401"
    if not may(actor, needs) or (subject.for_merchant and not over(actor, needs, subject.for_merchant)):
        return "403"
    if "{" not in spec.path or _name(spec) in OPEN or owner is None:
        return "pass"
    # The walk's merchants buy nothing: what they do with a permission that the role brings, they do as merchants.
    is_merchants = Role.MERCHANT in owner.roles and needs in GRANTS[Role.MERCHANT]
    there = actor if is_merchants else replace(actor, memberships={})  # nobody works for a customer
    holds = over(there, needs, owner.id)
    is_own = actor.account_id == owner.id and (holds or (needs in PERSONAL and not (is_merchants and actor.agent_id)))
    is_personal = spec.path.startswith("/v1/me/") and subject.for_merchant is None
    if is_own or (holds and not is_personal):
        return "pass"
    return "either" if holds else "hidden"


def may(actor: Actor, needs: Permission) -> bool:
    """Say whether any role of somebody's brings a permission: the table's word, not that of `Actor`."""
    if actor.is_half:
        return needs == Permission.SECOND_FACTOR
    if actor.agent_id is not None:
        return needs in ACTING
    roles = _counting(actor) | set(actor.memberships.values())
    return needs in PERSONAL or any(needs in GRANTS[role] for role in roles)


def over(actor: Actor, needs: Permission, owner_id: str) -> bool:
    """Say whether somebody holds a permission over what is a merchant's, or whosever it is."""
    if actor.is_half:
        return False
    roles = _counting(actor) & OPERATOR_ROLES
    if actor.account_id == owner_id:
        roles |= actor.roles & {Role.MERCHANT}
    if owner_id in actor.memberships:
        roles |= {actor.memberships[owner_id]}
    return any(needs in GRANTS[role] for role in roles)


def _counting(actor: Actor) -> frozenset[Role]:
    return actor.roles if len(set(actor.methods)) > 1 else actor.roles - OPERATOR_ROLES


def _fits(expected: str, status: int, owners: int | None, spec: Endpoint) -> bool:
    plain = {
        "public": status != 403,
        "either": status != 401,
        "401": status == 401,
        "403": status == 403,
        "hidden": status in {403, 404},
    }
    if status >= 500 or expected in plain:
        return status < 500 and plain[expected]
    if status == 403:
        return _name(spec) in OWN_RULE
    is_gone = spec.method == "DELETE" or "{" not in spec.path  # somebody did it before, or they have none of their own
    return status != 401 and (status != 404 or is_gone or owners in {None, 404})


def _name(spec: Endpoint) -> str:
    return f"{spec.tag}_{spec.name}"


def _is_last(spec: Endpoint) -> bool:
    return spec.method == "DELETE" or any(word in _name(spec) for word in LAST)


def sent_body(done: Done) -> Any:
    """Return the body that was sent, None where there was none."""
    return None if done.body is NOT_SET else done.body
