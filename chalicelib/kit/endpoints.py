"""What an endpoint is: the schema base, the answer that is not plain JSON, and the list that the OpenAPI document is
made of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from chalicelib.kit.errors import Problem
from chalicelib.kit.i18n import Text
from chalicelib.kit.permissions import Permission

MAX_BODY = 64 * 1024  # bytes; where a schema can want more, its endpoint says so
BINARY = ("application/pdf",)
"""Media types of answers that are bytes: a gateway passes them on as such to clients that ask for them first."""


class NotAcceptable(Problem):
    """The client did not say first that it takes this media type. API Gateway looks at nothing but the first one of
    Accept to decide whether it undoes the base64 that Lambda's answers need; without it the client got letters.
    """

    status = 406
    code = "not-acceptable"
    title = Text("Ask for this media type", "请指定响应类型")
    detail = Text("Send the header Accept: {media}.", "请发送请求头 Accept: {media}。")


class Wire(BaseModel):
    """Base of everything that goes over the wire: unknown fields and NaN are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True)


@dataclass(frozen=True)
class Reply:
    """An answer that is not simply the JSON of the endpoint's schema; bytes have one of the types of `BINARY`. The
    log tells `problem`, the code of the one that it is.
    """

    body: str | bytes = ""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    @property
    def raw(self) -> bytes:
        """The body as it goes over the wire."""
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Endpoint:
    """One operation, as the decorator `endpoint` was told.

    Attributes:
        method: GET, POST, PATCH, PUT or DELETE.
        path: with `{parameters}`, without a trailing slash.
        summary: one line for the API document.
        tag: the domain, for the API document.
        body: schema of the JSON body.
        query: schema of the query.
        returns: schema of the answer; the view returns an instance, or a `Reply`, or None for 204.
        status: the status of success.
        needs: the permission that a caller must hold over something; PUBLIC is everybody. Whether they hold it over
            this object is the use case's to check.
        idempotent: the view calls `call.once`; clients must send an Idempotency-Key.
        errors: the domain's own problems, for the API document.
        media: media type of the answer.
        max_body: the most bytes that the body may have.
        name: the view's.
        accepts: media type of what is sent; anything else is refused (415).
        also: statuses without a body that a `Reply` may have, and what they mean.
    """

    method: str
    path: str
    summary: str
    tag: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    returns: type[BaseModel] | None
    status: int
    needs: Permission | None
    idempotent: bool
    errors: tuple[type[Problem], ...]
    media: str
    max_body: int
    name: str
    accepts: str = "application/json"
    also: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """What we send to others, for the API document.

    Attributes:
        kind: `order.confirmed`.
        summary: when it is sent.
        body: schema of what is sent.
    """

    kind: str
    summary: str
    body: type[BaseModel]


ENDPOINTS: list[Endpoint] = []
PUBLISHED: list[Published] = []
_BORROWED: dict[tuple[str, str], tuple[type[Problem], ...]] = {}


def also_refuses(method: str, path: str, *problems: type[Problem]) -> None:
    """Add problems to an endpoint of a domain that does not know them, for the API document: orders are refused by
    what is ordered.
    """
    _BORROWED[method, path] = _BORROWED.get((method, path), ()) + problems


def declared(spec: Endpoint) -> tuple[type[Problem], ...]:
    """Return the problems that an endpoint was told of, by its own domain and by others, or has by its media type."""
    binary = (NotAcceptable,) if spec.media in BINARY else ()
    return spec.errors + _BORROWED.get((spec.method, spec.path), ()) + binary
