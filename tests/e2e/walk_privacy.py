"""Every operation about privacy once, so that it succeeds."""

from collections.abc import Callable
from typing import Any

from tests.e2e.town import Town

Good = Callable[..., Any]


class PrivacyWalk:
    """Somebody who minds; `ids` are the values of path parameters."""

    def __init__(self, town: Town, good: Good, fresh: Callable[[], dict[str, str]]) -> None:
        self.town, self.good, self.fresh = town, good, fresh
        self.person = town.person()
        self.ids = {"document": "privacy", "purpose": "marketing"}

    def go(self) -> None:
        """Do everything."""
        version = self.good("privacy_text", document="privacy")["version"]
        assert {one["document"] for one in self.good("privacy_consents", self.person)["outstanding"]} == {
            "terms",
            "privacy",
        }
        wish = {"agreed": True, "version": version}
        self.good("privacy_say", self.person, wish, purpose="privacy")
        self.good("privacy_say", self.person, {"agreed": True}, purpose="marketing")
        said = self.good("privacy_history", self.person)["items"]
        assert {one["purpose"] for one in said} == {"privacy", "marketing"}
