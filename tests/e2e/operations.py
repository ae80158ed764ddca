"""The operations of a running stack's API document: requests to them, checked by schemathesis, and the statuses seen."""

import json
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
import schemathesis
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.town import ANSWER_SECONDS, Json, Person, Town

ENDING = {"accounts_sign_out", "accounts_revoke_session", "accounts_revoke_other_sessions"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class Done:
    """A request that succeeded."""

    person: Person | None
    path: dict[str, str]
    body: Any
    query: Json
    headers: dict[str, str]
    raw: bytes | None


class Operations:
    """Sends cases and keeps count.

    Attributes:
        by_id: the operations.
        seen: operation -> statuses.
        owners: who each succeeded for.
        done: the last request that each succeeded with.
        faults: what the checks found wrong.
    """

    def __init__(self, town: Town) -> None:
        self.town = town
        self.seen: dict[str, Counter[int]] = {}
        self.faults: list[str] = []
        self.owners: dict[str, Person | None] = {}
        self.done: dict[str, Done] = {}
        schema = schemathesis.openapi.from_url(f"{town.api}/v1/openapi.json")
        every = [found.ok() for found in schema.get_all_operations()]
        self.by_id: dict[str, APIOperation] = {one.definition.raw["operationId"]: one for one in every}
        self._session = requests.Session()
        del self._session.headers["Accept"]  # schemathesis prefers it to a case's own

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def good(
        self,
        name: str,
        person: Person | None = None,
        body: Any = NOT_SET,
        *,
        query: Json | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        **path: str,
    ) -> Any:
        """Return what an operation answers to a request that must succeed."""
        case = self.by_id[name].Case(path_parameters=path, body=body, query=query or {})
        if body is not NOT_SET:
            case.media_type = "application/json"
        answer = self.send(name, case, person, headers or {}, raw)
        assert 200 <= answer.status_code < 300, f"{name}: {answer.status_code} {answer.text}"
        self.owners.setdefault(name, person)
        self.done[name] = Done(person, path, body, query or {}, headers or {}, raw)
        if answer.content.startswith(b"%PDF-"):
            return answer.content
        return json.loads(answer.text) if answer.text.startswith("{") else answer.text

    def send(
        self, name: str, case: Case, person: Person | None, headers: dict[str, str], raw: bytes | None = None
    ) -> Response:
        """Send a case as somebody (or nobody), count its status, and note what the checks find."""
        case.headers.update(headers)  # into the case: what was said wrongly on purpose may thereby become right
        if person is not None:
            case.headers["Authorization"] = f"Bearer {self.town.token(person)}"
        more = {"data": raw} if raw is not None else {}
        answer = case.call(base_url=self.town.api, session=self._session, timeout=ANSWER_SECONDS, **more)
        self.seen.setdefault(name, Counter())[answer.status_code] += 1
        if person is not None and (answer.status_code == HTTPStatus.UNAUTHORIZED or name in ENDING):
            self.town.signed_out(person)
        # What is too large is refused before anybody reads it; schemathesis does not count that among refusals.
        wrong = is_wrong(case) and answer.status_code != HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            case.validate_response(answer, checks=[*CHECKS, *([negative_data_rejection] if wrong else [])])
        except (Failure, FailureGroup) as fault:
            self.faults.append(f"{name}: {fault}")
        return answer


def is_wrong(case: Case) -> bool:
    """Say whether a generated query or body is one that must be refused; what is wrong in paths and headers may have
    been put right since, to aim the case at what is there.
    """
    places = (ParameterLocation.QUERY, ParameterLocation.BODY)
    return case.meta is not None and any(case.meta.is_negative_at(place) for place in places)
