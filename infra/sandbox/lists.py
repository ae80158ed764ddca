"""Lists: newest first, filtered, with Stripe's cursors."""

from collections.abc import Collection
from typing import Any

from infra.sandbox.errors import ApiError
from infra.sandbox.state import Json
from infra.sandbox.world import World, page

_PAGING = {"limit", "starting_after", "ending_before", "expand", "created", "types"}
MAX_LIMIT = 100


def listing(world: World, kind: str, url: str, params: Json, within: Collection[str] | None = None) -> Json:
    """One page of the objects of a kind (of the ids `within`) that match every filter in `params`.

    Raises ApiError (400).
    """
    limit = params.get("limit", 10)
    if not 1 <= limit <= MAX_LIMIT:
        raise ApiError(f"The limit must be between 1 and {MAX_LIMIT}.", code="parameter_invalid_integer", param="limit")
    every = (item for item in world.newest(kind) if within is None or item["id"] in within)
    found = [item for item in every if _matches(item, params)]
    if "starting_after" in params:
        found = found[_position(world, kind, found, params, "starting_after") + 1 :]
    elif "ending_before" in params:
        before = found[: _position(world, kind, found, params, "ending_before")]
        return page(before[-limit:], url, more=len(before) > limit)
    return page(found[:limit], url, more=len(found) > limit)


def _position(world: World, kind: str, found: list[Json], params: Json, cursor: str) -> int:
    world.find(kind, params[cursor], cursor)
    ids = [item["id"] for item in found]
    if params[cursor] not in ids:
        raise ApiError("The cursor is not in the list.", param=cursor)
    return ids.index(params[cursor])


def _matches(item: Json, params: Json) -> bool:
    if "types" in params and item["type"] not in params["types"]:
        return False
    if "created" in params and not _created(item["created"], params["created"]):
        return False
    return all(_equal(item, name, value) for name, value in params.items() if name not in _PAGING)


def _equal(item: Json, name: str, value: Any) -> bool:
    if name not in item:
        raise ApiError(f"The sandbox does not filter by '{name}'.", code="sandbox_unsupported", param=name)
    if name == "type" and isinstance(value, str) and value.endswith(".*"):
        return str(item[name]).startswith(value[:-1])
    return bool(item[name] == value)


def _created(created: int, wanted: Any) -> bool:
    if isinstance(wanted, int):
        return created == wanted
    tests = {"gt": created.__gt__, "gte": created.__ge__, "lt": created.__lt__, "lte": created.__le__}
    return all(tests[name](bound) for name, bound in wanted.items())
