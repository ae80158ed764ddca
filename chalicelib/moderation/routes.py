"""Moderation over HTTP: what the operator's people do, and what those read and say whose words were looked at: the
author of a review, and the merchant of a reply.
"""

from functools import partial

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.moderation import schemas, use_cases
from chalicelib.moderation.ports import CaseState
from chalicelib.moderation.rules import cases as rules
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import reply_id

bp = Blueprint(__name__)

_CASES, _OWN = "/v1/admin/moderation", "/v1/reviews/{review_id}/moderation"
_REPLY = "/v1/reviews/{review_id}/reply/moderation"
_CASE = f"{_CASES}/{{review_id}}"
_MODERATE = Permission.REVIEW_MODERATE


@endpoint(
    bp, "GET", _CASES, summary="Reviews and replies that wait for a look, the longest waiting first", tag="moderation",
    needs=_MODERATE, query=schemas.CasesQuery, returns=schemas.Cases,
)  # fmt: skip
def waiting(call: Call) -> schemas.Cases:
    query: schemas.CasesQuery = call.query
    scope, cursors = f"moderation|{query.queue}", wiring.cursors()
    after = cursors.unpack(scope, query.cursor)
    page = use_cases.waiting(wiring.moderation(), call.actor, CaseState(query.queue), after, query.limit)
    return schemas.Cases.of(page.items, cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", _CASE, summary="A case, with what it is about", tag="moderation", needs=_MODERATE,
    returns=schemas.CaseFile, errors=(NotFound, Forbidden),
)  # fmt: skip
def case(call: Call, review_id: str) -> schemas.CaseFile:
    ports = wiring.moderation()
    found, about = use_cases.case(ports, call.actor, review_id)
    review, links = about.review, partial(reviews.media_links, ports.files, about.review.id)
    return schemas.CaseFile.of(found, about.content, review, links)


@endpoint(
    bp, "PUT", _CASE, summary="Take a case for a quarter of an hour", tag="moderation", needs=_MODERATE,
    returns=schemas.Case,
    errors=(NotFound, Forbidden, rules.CaseClosed, rules.CaseTaken, rules.SamePerson, Busy),
)  # fmt: skip
def take(call: Call, review_id: str) -> schemas.Case:
    return schemas.Case.of(use_cases.take(wiring.moderation(), call.actor, review_id))


@endpoint(
    bp, "POST", _CASE, summary="Show a review or reply, or remove it", tag="moderation", needs=_MODERATE,
    body=schemas.DecisionIn, returns=schemas.Case, idempotent=True,
    errors=(
        NotFound, Forbidden, rules.CaseClosed, rules.CaseNotTaken, rules.CaseChanged, rules.SamePerson, Busy,
    ),
)  # fmt: skip
def decide(call: Call, review_id: str) -> schemas.Case:
    once, body = call.once(schemas.Case.of), call.body
    why, how = Why(body.note, call.source_ip), use_cases.Decision(body.outcome, body.code, body.seen)
    return schemas.Case.of(use_cases.decide(wiring.moderation(), call.actor, review_id, how, why, once))


@endpoint(
    bp, "GET", _OWN, summary="What became of your review that was looked at", tag="moderation",
    needs=Permission.REVIEW_WRITE, returns=schemas.OwnCase, errors=(NotFound,),
)  # fmt: skip
def mine(call: Call, review_id: str) -> schemas.OwnCase:
    return schemas.OwnCase.of(use_cases.mine(wiring.moderation(), call.actor, review_id))


@endpoint(
    bp, "POST", _OWN, summary="Say that the removal of your review was wrong, once",
    tag="moderation", needs=Permission.REVIEW_WRITE, body=schemas.AppealIn, returns=schemas.OwnCase, idempotent=True,
    errors=(NotFound, rules.AppealOver, Busy),
)  # fmt: skip
def appeal(call: Call, review_id: str) -> schemas.OwnCase:
    once, show = call.once(schemas.OwnCase.of), schemas.OwnCase.of
    return show(use_cases.appeal(wiring.moderation(), call.actor, review_id, call.body.text, once))


@endpoint(
    bp, "GET", _REPLY, summary="What became of your reply that was looked at", tag="moderation",
    needs=Permission.REVIEW_REPLY, returns=schemas.OwnCase, errors=(NotFound,),
)  # fmt: skip
def of_reply(call: Call, review_id: str) -> schemas.OwnCase:
    return schemas.OwnCase.of(use_cases.mine(wiring.moderation(), call.actor, reply_id(review_id)))


@endpoint(
    bp, "POST", _REPLY, summary="Say that the removal of your reply was wrong, once",
    tag="moderation", needs=Permission.REVIEW_REPLY, body=schemas.AppealIn, returns=schemas.OwnCase, idempotent=True,
    errors=(NotFound, rules.AppealOver, Busy),
)  # fmt: skip
def appeal_reply(call: Call, review_id: str) -> schemas.OwnCase:
    once, show = call.once(schemas.OwnCase.of), schemas.OwnCase.of
    return show(use_cases.appeal(wiring.moderation(), call.actor, reply_id(review_id), call.body.text, once))
