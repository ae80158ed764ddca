"""One request: who sends it, what it says, and whether it was answered before."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NoReturn

from chalice.app import MultiDict, Request
from pydantic import BaseModel, ValidationError

from chalicelib.kit import i18n, idempotency, limits
from chalicelib.kit.auth import Actor
from chalicelib.kit.endpoints import Endpoint
from chalicelib.kit.errors import (
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    TooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.permissions import LIVE, OF_MEMBERS, Permission
from chalicelib.kit.sources import source_ip
from chalicelib.settings import languages

_KEY = re.compile(r"[!-~]{8,128}")
_ACCOUNT = re.compile(r"acc_[a-z0-9_]{1,64}")
_MOST_FAULTS, _LONGEST_FIELD = 50, 200  # told of one request: an answer is not to be many times its question


class Call:
    """One request, checked."""

    def __init__(self, spec: Endpoint, request: Request) -> None:
        self._spec = spec
        self._request = request
        self.headers: Mapping[str, str] = request.headers
        self.language = i18n.choose(request.headers.get("accept-language"), languages())
        self.request_id: str = request.context.get("requestId", "-")
        self._actor: Actor | None = None
        self._once: Once | None = None
        self.body: Any = None
        self.query: Any = None

    @cached_property
    def source_ip(self) -> str:
        """The address that it came from. Telling may need a secret, which a cold container has to ask for."""
        seen: str = self._request.context.get("identity", {}).get("sourceIp", "")
        return source_ip(seen, self.headers, lambda: _wiring().edge_secret())

    @property
    def raw_body(self) -> bytes:
        """The body as it came: what a webhook's signature covers.

        Raises:
            Malformed: the gateway's encoding of it cannot be undone.
        """
        try:
            raw = self._request.raw_body
            return raw.encode() if isinstance(raw, str) else raw
        except ValueError as error:
            raise Malformed(reason="The body cannot be decoded.") from error

    @property
    def actor(self) -> Actor:
        """Who is calling; only endpoints that need a permission have one."""
        if self._actor is None:
            raise Unauthorized
        return self._actor

    def once(self, render: Callable[[Any], BaseModel]) -> Once:
        """Return the idempotency of this request; `render` makes the endpoint's schema of the use case's result."""
        key = self.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise idempotency.KeyMissing
        self._once = Once(
            scope=f"{_who(self.actor)}|{self._spec.method} {self._spec.path}",
            key=key,
            fingerprint=idempotency.fingerprint(self._request.context.get("path", ""), self.raw_body),
            render=lambda result: Answer(self._spec.status, render(result).model_dump_json()),
        )
        return self._once

    def admit(self) -> None:
        """Check in the order that leaks least: who, what size and type, then what it says."""
        spec = self._spec
        if spec.needs is not None:
            self._actor = self._admitted(spec.needs)
        if len(self.raw_body) > spec.max_body:
            raise TooLarge(limit=spec.max_body)
        if spec.body is not None:
            self.body = self._parsed_body(spec.body)
        if spec.query is not None:
            self.query = self._parsed_query(spec.query)

    def _admitted(self, needs: Permission) -> Actor:
        token, wiring = _bearer(self.headers.get("authorization", "")), _wiring()
        actor: Actor = wiring.tokens().read(token, wiring.clock().now())
        for_merchant = self.headers.get("x-merchant-id")
        if for_merchant is not None and not _ACCOUNT.fullmatch(for_merchant):
            raise Forbidden
        actor = actor.at_work(needs, for_merchant)
        if needs in LIVE or actor.agent_id is not None or (actor.memberships and needs in OF_MEMBERS):
            wiring.sessions().must_stand(actor)
        if actor.agent_id is not None:
            what = f"{self._spec.method} {self._request.context.get('path', '')}"
            wiring.trace(actor, what, self.request_id, self.source_ip)
        return actor

    def _parsed_body(self, model: type[BaseModel]) -> BaseModel:
        if not limits.is_json(self.headers.get("content-type", "application/json")):
            raise UnsupportedMediaType
        sent = limits.read(self.raw_body)
        try:
            return model.model_validate_json(self.raw_body or b"null")
        except ValidationError as error:
            _refuse(error, sent)

    def _parsed_query(self, model: type[BaseModel]) -> BaseModel:
        given = self._request.query_params or MultiDict({})
        # Who looked at the first of two, on the way here, let the second in.
        twice = [name for name in given if len(given.getlist(name)) > 1]
        if twice:
            told = [FieldError(name[:_LONGEST_FIELD], "given more than once") for name in twice[:_MOST_FAULTS]]
            raise Invalid(errors=told)
        try:
            return model.model_validate_strings(dict(given))
        except ValidationError as error:
            _refuse(error)

    def stored_answer(self) -> Answer | None:
        """Return what was answered to this very request before, None where it is new."""
        if self._once is None:
            return None
        answer: Answer | None = _wiring().idempotency().recall(self._once)
        return answer


def _who(actor: Actor) -> str:
    """Return whose keys a request's is among: what one says for a merchant, or as a customer for whom one acts, is
    another request than what either says for themselves.
    """
    who = actor.account_id
    if actor.for_merchant not in {None, actor.account_id}:
        who += f" for {actor.for_merchant}"
    return who if actor.agent_id is None else f"{who} by {actor.agent_id}"


def _wiring() -> Any:
    # Imported when used: wiring knows every domain, and every domain's routes import this module.
    from chalicelib import wiring

    return wiring


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized
    return token.strip()


def _refuse(error: ValidationError, sent: Any = None) -> NoReturn:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        raise Malformed(reason="The body is not JSON.") from error
    told = [FieldError(_path(one, sent)[:_LONGEST_FIELD], one["msg"]) for one in found[:_MOST_FAULTS]]
    raise Invalid(errors=told) from error


def _path(fault: Mapping[str, Any], sent: Any) -> str:
    """Return where a fault is in what the client sent. Where a field may have one of several forms, told apart by its
    `kind`, pydantic puts the form into the path, and leaves out the field that tells it.
    """
    parts, node = [], sent
    for part in fault["loc"]:
        if isinstance(node, Mapping) and part not in node and part == node.get("kind"):
            continue
        parts.append(str(part))
        node = _within(node, part)
    return ".".join([*parts, "kind"] if fault["type"].startswith("union_tag") else parts)


def _within(node: Any, part: Any) -> Any:
    if isinstance(node, Mapping):
        return node.get(part)
    return node[part] if isinstance(node, list) and isinstance(part, int) and part < len(node) else None
