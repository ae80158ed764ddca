"""Whether two accounts may begin something with each other: asked by every domain in which something begins."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text
from chalicelib.kit.transaction import Action


class NotAvailable(Conflict):
    """One of two accounts wants nothing of the other. It does not say which."""

    code = "not-available"
    title = Text("Not available", "暂不可用")
    detail = Text("This shop is not available to you at present.", "该商铺目前无法为您提供服务。")


class Dealings(Protocol):
    """Says who may deal with whom."""

    def may_begin(self, one: str, other: str) -> Sequence[Action]:
        """Return the condition that two accounts may begin something with each other, for the transaction in which
        they do; refused it raises `NotAvailable`. Nothing where both are the same.
        """
        ...

    def may_go_on(self, one: str, other: str) -> bool:
        """Say whether nothing stands between two accounts at this moment: for what has begun and waits."""
        ...
