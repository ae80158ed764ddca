"""What each domain can say about one person, and how it forgets them: its `personal.py`.

`privacy` gathers the parts into a copy for the person, asks each whether something is still open, and has each erase
what is theirs. What others need goes on standing under the account's id, which leads to nobody once the account is
empty.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol, TypeVar

from chalicelib.kit.i18n import Text
from chalicelib.kit.pagination import Page

_AT_ONCE = 100  # rows of one query
_T = TypeVar("_T")

Told = Mapping[str, Any]
"""JSON-able things by what they are, mostly lists: `orders`, `waits`."""


@dataclass(frozen=True)
class Matter:
    """Something that has to end before an account can be erased.

    Attributes:
        code: stable, such as `open-order`.
        text: what it is and what to do.
        ids: of which things; may be empty.
    """

    code: str
    text: Text
    ids: tuple[str, ...] = ()


class PersonalData(Protocol):
    """One domain's part. What it does may be done twice."""

    @property
    def name(self) -> str:
        """The domain's name: of its file in a copy, of its step in an erasure."""
        ...

    def personal_data(self, account_id: str) -> Told:
        """Return all that the domain holds about a person and may tell them."""
        ...

    def open_matters(self, account_id: str) -> Sequence[Matter]:
        """Return what stands in the way of an erasure."""
        ...

    def erase(self, account_id: str) -> None:
        """Remove what is personal; no harm when it has gone, or a part of it."""
        ...


def _nothing(_account_id: str) -> Sequence[Matter]:
    return ()


def _keep(_account_id: str) -> None:
    """Nothing here leads to a person without their account."""


@dataclass(frozen=True)
class Part:
    """See `PersonalData`: a domain's functions, given what they need."""

    name: str
    personal_data: Callable[[str], Told]
    open_matters: Callable[[str], Sequence[Matter]] = _nothing
    erase: Callable[[str], None] = _keep


def every(page: Callable[[Mapping[str, Any] | None, int], Page[_T]]) -> Iterator[_T]:
    """Yield all items of a list that is read by pages: `page(after, limit)`."""
    after: Mapping[str, Any] | None = None
    while True:
        found = page(after, _AT_ONCE)
        yield from found.items
        if found.next is None:
            return
        after = found.next


def plain(value: Any, *hidden: str) -> Any:
    """Return something of a domain as JSON has it; fields called as one of `hidden` are left out."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        names = [one.name for one in fields(value) if one.name not in hidden]
        return {name: plain(getattr(value, name), *hidden) for name in names}
    if isinstance(value, Mapping):
        return {str(name): plain(one, *hidden) for name, one in value.items() if name not in hidden}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one, *hidden) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
