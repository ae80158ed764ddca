"""A photograph and a film of a review, and the review looked at by people twice, once, so that it succeeds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from chalicelib.kit.auth import Role
from chalicelib.reviews.rules.reports import HELD_AT
from tests.chalicelib.reviews.pictures import GPS_MARK, MARK, photo
from tests.e2e.town import ANSWER_SECONDS, Person, Town, soon

Good = Callable[..., Any]
_FILM = Path("tests/chalicelib/reviews/films/places.mp4")


class ModerationWalk:
    """A customer's review that everybody reads; `ids`, the values of path parameters, are added to."""

    def __init__(
        self,
        town: Town,
        good: Good,
        fresh: Callable[[], dict[str, str]],
        merchant: Person,
        customer: Person,
        ids: dict[str, str],
    ) -> None:
        self.town, self.good, self.fresh, self.ids = town, good, fresh, ids
        self.customer, self.merchant = customer, merchant
        self.review = {"review_id": ids["review_id"]}
        self.first, self.second = town.person(Role.RISK), town.person(Role.SUPPORT)

    def go(self) -> None:
        """Do everything."""
        self._media()
        self._reported()
        self._decided(self.first, "remove", "advertising")
        soon(lambda: bool(self.town.notices(self.customer, "moderation.removed.customer")))
        told = self.good("moderation_mine", self.customer, **self.review)
        assert (told["state"], told["code"]) == ("removed", "advertising")
        words = {"text": "我确实在这家店消费过"}
        self.good("moderation_appeal", self.customer, words, headers=self.fresh(), **self.review)
        self._decided(self.second, "show", "fine", queue="appealed")
        soon(lambda: bool(self.town.notices(self.customer, "moderation.restored.customer")))
        assert [one["id"] for one in self._shown()] == [self.review["review_id"]]
        self._reply()

    def _reply(self) -> None:
        """The merchant changes their answer to an advertisement, and it is removed."""
        ad = {"text": "加我微信 abc12345 有优惠"}
        self.good("reviews_reply", self.merchant, ad, **self.review)
        case = {"review_id": "rpl_" + self.review["review_id"].partition("_")[2]}
        soon(lambda: bool(self._waiting("waiting", case)))
        assert self._shown()[0]["reply"] is None
        self._decide(self.first, "remove", "advertising", case)
        soon(lambda: bool(self.town.notices(self.merchant, "moderation.reply_removed.merchant")))
        assert self.good("moderation_of_reply", self.merchant, **self.review)["state"] == "removed"
        words = {"text": "这是我们的公众号"}
        self.good("moderation_appeal_reply", self.merchant, words, headers=self.fresh(), **self.review)

    def _media(self) -> None:
        kept, gone = self._sent("image/jpeg", photo()), self._sent("video/mp4", _FILM.read_bytes())
        soon(lambda: {one["state"] for one in self._own()} == {"ready"})
        [review] = self._shown()
        picture, film = review["media"]
        assert (picture["id"], film["id"], film["seconds"]) == (kept, gone, 1.021)
        for one in (*picture["files"], *film["files"]):
            content = requests.get(one["url"], timeout=ANSWER_SECONDS).content
            assert len(content) > 1_000
            assert not any(mark in content for mark in (MARK, GPS_MARK, b"+31.2304"))
        self.good("reviews_take_away", self.customer, medium_id=gone, **self.review)
        self.ids["medium_id"] = kept

    def _sent(self, media: str, content: bytes) -> str:
        form = self.good("reviews_begin_upload", self.customer, {"media": media}, **self.review)
        sent = requests.post(form["url"], data=form["fields"], files={"file": ("x", content)}, timeout=ANSWER_SECONDS)
        assert sent.status_code == 204, sent.text
        medium_id: str = form["medium_id"]
        self.good("reviews_add", self.customer, headers=self.fresh(), medium_id=medium_id, **self.review)
        return medium_id

    def _own(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.good("reviews_sent", self.customer, **self.review)["items"]
        return found

    def _shown(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.good("reviews_of_shop", shop_id=self.ids["shop_id"])["items"]
        return found

    def _reported(self) -> None:
        for _ in range(HELD_AT - 1):  # one is there
            self.good("reviews_report", self.town.ages(self.town.person()), {"reason": "advertising"}, **self.review)
        soon(lambda: bool(self._waiting("waiting", self.review)))
        assert self._shown() == []

    def _waiting(self, queue: str, case: dict[str, str]) -> list[dict[str, Any]]:
        found = self.good("moderation_waiting", self.first, query={"queue": queue, "limit": 50})["items"]
        return [one for one in found if one["review_id"] == case["review_id"]]

    def _decided(self, who: Person, outcome: str, code: str, queue: str = "waiting") -> None:
        [waits] = self._waiting(queue, self.review)
        assert waits["reasons"] == ["reported"]
        file = self._decide(who, outcome, code, self.review)
        assert file["review"]["media"][0]["id"] == self.ids["medium_id"]

    def _decide(self, who: Person, outcome: str, code: str, case: dict[str, str]) -> dict[str, Any]:
        file: dict[str, Any] = self.good("moderation_case", who, **case)
        self.good("moderation_take", who, **case)
        body = {"outcome": outcome, "code": code, "note": "看过了", "seen": file["seen"]}
        self.good("moderation_decide", who, body, headers=self.fresh(), **case)
        return file
