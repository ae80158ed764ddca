"""Every operation of vetting once, so that it succeeds: somebody applies, is asked for more, and is approved."""

import random
from collections.abc import Callable
from typing import Any

import requests

from chalicelib.kit.auth import Role
from chalicelib.vetting.rules.licences import credit_check
from tests.e2e.town import ANSWER_SECONDS, Town, soon

Good = Callable[..., Any]
_WHY = {"reason": "证照清晰，信息一致"}
_IMAGE = b"\xff\xd8\xff\xe0" + bytes(96)


class VettingWalk:
    """An applicant and an admin; `ids` are the values of path parameters."""

    def __init__(self, town: Town, good: Good, fresh: Callable[[], dict[str, str]]) -> None:
        self.town, self.good, self.fresh = town, good, fresh
        self.person, self.admin = town.person(), town.person(Role.ADMIN)
        self.ids: dict[str, str] = {}

    def go(self) -> None:
        """Do everything."""
        self._names()
        self.good("vetting_describe", self.person, self._wish())
        gone, kept = self._document(), self._document()
        self.good("vetting_remove_document", self.person, document_id=gone)
        self.ids["document_id"] = kept
        assert self._handed_in() == "in_review"
        self._decided("ask")
        self.good("vetting_describe", self.person, self._wish() | {"address": "上海市松江区示范路 2 号"})
        assert self._handed_in() == "in_review"
        self._decided("approve")
        assert self.good("vetting_mine", self.person)["licence"]["state"] == "approved"
        soon(lambda: bool(self.town.notices(self.person, "vetting.approved.merchant")))

    def _names(self) -> None:
        made = [
            self.good("vetting_block", self.admin, {"text": text, **_WHY}, headers=self.fresh())["id"]
            for text in ("示范公安局", "示范税务局")
        ]
        assert {one["id"] for one in self.good("vetting_blocked", self.admin)["items"]} >= set(made)
        self.good("vetting_unblock", self.admin, name_id=made[0])
        self.ids["name_id"] = made[1]

    def _wish(self) -> dict[str, Any]:
        body = f"91310117{random.SystemRandom().randrange(10**9):09d}"
        return {
            "country": "CN",
            "business_name": "邻里理发",
            "licence_kind": "cn-credit-code",
            "licence_number": body + credit_check(body),
            "legal_name": "王小明",
            "contact_name": "王小明",
            "contact_phone": self.person.phone,
            "address": "上海市松江区示范路 1 号",
            "position": {"lat": 31.05, "lon": 121.25},
        }

    def _document(self) -> str:
        form = self.good("vetting_begin_upload", self.person, {"media": "image/jpeg"})
        sent = requests.post(
            form["url"], data=form["fields"], files={"file": ("licence.jpg", _IMAGE)}, timeout=ANSWER_SECONDS
        )
        assert sent.status_code == 204, sent.text
        document_id: str = form["document_id"]
        self.good("vetting_add_document", self.person, {"document_id": document_id}, headers=self.fresh())
        return document_id

    def _handed_in(self) -> str:
        state: str = self.good("vetting_submit", self.person, headers=self.fresh())["state"]
        waiting = self.good("vetting_waiting", self.admin, query={"limit": 100})["items"]
        assert self.person.id in {one["account_id"] for one in waiting}
        return state

    def _decided(self, outcome: str) -> None:
        at = {"account_id": self.person.id}
        self.good("vetting_application", self.admin, **at)
        [shown] = self.good("vetting_links", self.admin, _WHY, **at)["items"]
        assert requests.get(shown["url"], timeout=ANSWER_SECONDS).content == _IMAGE
        self.good("vetting_decide", self.admin, {"outcome": outcome, **_WHY}, headers=self.fresh(), **at)
