"""The API document, and a page to read it on. Both are made once per container."""

import hashlib
import json
from functools import cache

from chalice.app import Blueprint

from chalicelib.kit.auth import PUBLIC
from chalicelib.kit.endpoints import PUBLISHED
from chalicelib.kit.http import ENDPOINTS, Call, Reply, endpoint
from chalicelib.kit.i18n import Language
from chalicelib.openapi import page
from chalicelib.openapi.document import Json, build
from chalicelib.openapi.schemas import Document

bp = Blueprint(__name__)

_FIVE_MINUTES = "public, max-age=300"
_NOT_MODIFIED = {304: "You have it already (If-None-Match)."}


@cache
def _document() -> Json:
    return build(ENDPOINTS, PUBLISHED)


@cache
def _text() -> str:
    return json.dumps(_document(), ensure_ascii=False, separators=(",", ":"))


@cache
def _page(language: Language) -> str:
    return page.render(_document(), language)


@endpoint(
    bp,
    "GET",
    "/v1/openapi.json",
    summary="Read this document",
    tag="openapi",
    needs=PUBLIC,
    returns=Document,
    also=_NOT_MODIFIED,
)
def document(call: Call) -> Reply:
    return _cached(call, Reply(_text()))


@endpoint(
    bp,
    "GET",
    "/v1/docs",
    summary="Read it as a page",
    tag="openapi",
    needs=PUBLIC,
    media="text/html; charset=utf-8",
    also=_NOT_MODIFIED,
)
def docs(call: Call) -> Reply:
    headers = {
        "Content-Language": call.language,
        "Content-Security-Policy": page.CONTENT_SECURITY_POLICY,
        "Vary": "Accept-Language",
    }
    return _cached(call, Reply(_page(call.language), content_type="text/html; charset=utf-8", headers=headers))


def _cached(call: Call, reply: Reply) -> Reply:
    """Return the reply, or that the client has it already (RFC 9110, 13.1.2)."""
    tag = f'"{hashlib.sha256(reply.raw).hexdigest()[:32]}"'
    headers = {**reply.headers, "ETag": tag, "Cache-Control": _FIVE_MINUTES}
    # Gateways that compress an answer make its tag a weak one.
    known = [one.strip().removeprefix("W/") for one in call.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Reply("", 304, reply.content_type, headers)
    return Reply(reply.body, reply.status, reply.content_type, headers)
