"""How the control endpoints read what they are sent, and say no."""

import json
from typing import Any, TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.sandbox.httpd import Request

T = TypeVar("T", bound=BaseModel)


class Refused(Exception):  # noqa: N818 - an answer, not a fault of ours
    """A no of the service that a sandbox stands for."""

    status: int = 400

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        raise NotImplementedError


class BadRequestError(Exception):
    """A request that makes no sense; `where` is the parameter at fault. Each service words it in its own way."""

    def __init__(self, text: str, where: str | None = None, status: int = 400) -> None:
        super().__init__(text)
        self.where = where
        self.status = status


class Body(BaseModel):
    """A request body: what it does not name is refused."""

    model_config = ConfigDict(extra="forbid")


def read(model: type[T], request: Request) -> T:
    """The body as a model. Raises BadRequestError for what the model does not take."""
    try:
        return model.model_validate(_json_object(request))
    except ValidationError as error:
        where, text = first_fault(error)
        raise BadRequestError(text, where) from error


def first_fault(error: ValidationError) -> tuple[str, str]:
    """Where the first thing wrong is, and a line that says where and what."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return where, f"{where}: {first['msg']}"


def query(request: Request) -> dict[str, str]:
    """The query; of a repeated name the last."""
    return {name: values[-1] for name, values in parse_qs(request.query).items()}


def number(text: str, name: str, most: float) -> float:
    """A number from 0 to `most`. Raises BadRequestError."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise BadRequestError(f"{name} must be a number from 0 to {most:g}.", name)
    return found


def _json_object(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(request.body or b"{}")
    except ValueError as error:
        raise BadRequestError("The body is not JSON.") from error
    if not isinstance(content, dict):
        raise BadRequestError("The body must be a JSON object.")
    return content
