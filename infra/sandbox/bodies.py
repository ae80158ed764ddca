"""How the control endpoints read what they are sent."""

import json
from typing import Any, TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.sandbox.errors import ApiError
from infra.sandbox.httpd import Request

T = TypeVar("T", bound=BaseModel)


class Body(BaseModel):
    """A request body: what it does not name is refused."""

    model_config = ConfigDict(extra="forbid")


def read(model: type[T], request: Request) -> T:
    """The body as a model. Raises ApiError (400) for what the model does not take."""
    try:
        return model.model_validate(_json_object(request))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ApiError(f"{where}: {first['msg']}", param=where) from error


def query(request: Request) -> dict[str, str]:
    """The query; of a repeated name the last."""
    return {name: values[-1] for name, values in parse_qs(request.query).items()}


def number(text: str, name: str, most: float) -> float:
    """A number from 0 to `most`. Raises ApiError (400)."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise ApiError(f"{name} must be a number from 0 to {most:g}.", param=name)
    return found


def _json_object(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(request.body or b"{}")
    except ValueError as error:
        raise ApiError("The body is not JSON.") from error
    if not isinstance(content, dict):
        raise ApiError("The body must be a JSON object.")
    return content
