"""Every operation about privacy once, so that it succeeds."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.e2e.town import ANSWER_SECONDS, SECONDS, Town
from tests.waiting import eventually

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
        self._copy()
        self._leave()

    def _copy(self) -> None:
        copy = self.good("privacy_ask_export", self.person, headers=self.fresh())
        self.ids["export_id"] = copy["id"]

        def is_ready() -> bool:
            return bool(self.good("privacy_fetch_export", self.person, export_id=copy["id"])["link"])

        eventually(is_ready, seconds=SECONDS)
        link = self.good("privacy_fetch_export", self.person, export_id=copy["id"])["link"]
        content = requests.get(link, timeout=ANSWER_SECONDS).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert self.person.phone in archive.read("accounts.json").decode()
        assert [one["id"] for one in self.good("privacy_exports", self.person)["items"]] == [copy["id"]]

    def _leave(self) -> None:
        """Stay after all; then go, and the function that erases is the deployed one."""
        asked = self.good("privacy_ask_erasure", self.person, {}, headers=self.fresh())
        assert self.good("privacy_erasure", self.person)["state"] == asked["state"] == "cooling_off"
        self.good("privacy_withdraw_erasure", self.person)
        gone = self.town.person()
        self.good("privacy_ask_erasure", gone, {}, headers=self.fresh())
        for days, done in ((8, "closed"), (9, "erased")):
            ran = self.town.schedule("privacy-run", datetime.now(UTC) + timedelta(days=days))
            assert (ran[done], ran["failed"]) == (1, 0), ran
