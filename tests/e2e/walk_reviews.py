"""What two sides say of what was done, and what readers make of it, once, so that it succeeds."""

from collections.abc import Callable
from typing import Any

from tests.e2e.town import Person, Town, soon
from tests.e2e.walk_moderation import ModerationWalk

Good = Callable[..., Any]


class ReviewWalk:
    """A completed line of a customer's in a merchant's shop; `ids`, the values of path parameters, are added to."""

    def __init__(
        self,
        town: Town,
        good: Good,
        fresh: Callable[[], dict[str, str]],
        merchant: Person,
        customer: Person,
        ids: dict[str, str],
    ) -> None:
        self.town, self.good, self.fresh = town, good, fresh
        self.merchant, self.customer, self.ids = merchant, customer, ids

    def go(self) -> None:
        """Do everything."""
        at = {"order_id": self.ids["order_id"], "line_id": self.ids["line_id"]}
        opinion = {"stars": 4, "text": "手艺很好", "aspects": {"service": 5, "value": 4}, "language": "zh-CN"}
        said = self.good("reviews_write", self.customer, opinion, headers=self.fresh(), **at)
        review = {"review_id": said["id"]}
        self.ids |= review
        assert said["state"] == "blind"
        assert self.good("reviews_of_line", self.merchant, **at)["customer"] is None
        changed = self.good("reviews_edit", self.customer, opinion | {"stars": 5}, **review)
        assert (changed["stars"], changed["state"]) == (5, "blind")
        polite = {"stars": 5, "text": "准时到店"}
        self.good("reviews_write_of_guest", self.merchant, polite, headers=self.fresh(), **at)
        seen = self.good("reviews_of_line", self.customer, **at)
        assert (seen["customer"]["state"], seen["merchant"]["text"]) == ("shown", "准时到店")
        self._readers(review)

    def _readers(self, review: dict[str, str]) -> None:
        reader = self.town.ages(self.town.person())
        answered = self.good("reviews_reply", self.merchant, {"text": "谢谢光临"}, **review)
        assert (answered["reply"], answered["own_reply"]["state"]) == (None, "judging")
        shop = {"shop_id": self.ids["shop_id"]}
        soon(lambda: self.good("reviews_of_shop", **shop)["items"][0]["reply"] is not None)
        assert self.good("reviews_vote", reader, **review)["helpful"] == 1
        self.good("reviews_unvote", reader, **review)
        self.good("reviews_report", reader, {"reason": "other"}, **review)
        query = {"sort": "highest", "stars": 5, "language": "zh", "q": "手艺", "aspect": "value"}
        found = self.good("reviews_of_shop", query=query, **shop)
        assert [one["id"] for one in found["items"]] == [review["review_id"]]
        assert found["items"][0]["reply"]["text"] == "谢谢光临"
        ModerationWalk(self.town, self.good, self.fresh, self.merchant, self.customer, self.ids).go()
