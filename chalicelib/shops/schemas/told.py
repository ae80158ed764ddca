"""What all schemas of shops share: common fields, and reading what a client sent."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field

from chalicelib.kit.wire import Line, MoneyIn, Position
from chalicelib.shops import rules

Name = Annotated[Line, Field(min_length=1, max_length=100, description="One line.", examples=["小满理发"])]
NameEn = Annotated[Line, Field(min_length=1, max_length=100, description="In English.", examples=["Xiaoman Barbers"])]
Slug = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40, examples=["hair-care"])]
Version = Annotated[int, Field(ge=1, strict=True, description="The shop's version that the change is based on.")]
ShopId = Annotated[str, Field(examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])]


def _position(position: Position) -> rules.Position:
    return rules.Position(position.lat, position.lon)


def _each(parts: list[Any]) -> tuple[Any, ...]:
    return tuple(part.domain() for part in parts)


_DOMAIN: dict[str, Callable[[Any], Any]] = {
    "categories": tuple,
    "position": _position,
    "hours": lambda hours: hours if hours is None else _each(hours),
    "policy": lambda policy: policy.domain(),
    "exceptions": _each,
    "media": _each,
    "specs": _each,
    "service_area": lambda area: area and area.domain(),
    "terms": lambda terms: terms.domain(),
    "price": MoneyIn.money,
    "staff_ids": tuple,
    "skills": tuple,
    "needs": lambda needs: tuple(map(tuple, needs)),
}


def told(wish: BaseModel) -> dict[str, Any]:
    """Return the fields that a client sent, as the domain knows them; without `version`, which is about the change."""
    names = wish.model_fields_set - {"version"}
    return {name: _DOMAIN.get(name, lambda value: value)(getattr(wish, name)) for name in names}
