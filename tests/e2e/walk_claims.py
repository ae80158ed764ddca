"""Every operation about codes and scanned coupons once, so that it succeeds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from chalicelib.kit.wire import rfc3339
from tests.e2e.town import ANSWER_SECONDS, Json, Person, Town

Good = Callable[..., Any]


class ClaimWalk:
    """A merchant who gives coupons to who has a code, or is there; `ids` are the values of path parameters."""

    def __init__(
        self,
        town: Town,
        good: Good,
        fresh: Callable[[], dict[str, str]],
        merchant: Person,
        ids: dict[str, str],
    ) -> None:
        self.good, self.fresh, self.merchant, self.ids = good, fresh, merchant, ids
        self.customers = [town.person() for _ in range(3)]

    def go(self) -> None:
        """Do everything."""
        self._codes(self._campaign("code"))
        self._scans(self._campaign("scan"))

    def _campaign(self, access: str) -> Json:
        now = datetime.now(UTC)
        wish = {
            "title": "到店立减 20 元",
            "terms": {"currency": "CNY", "amount_off": 2_000},
            "limits": {"access": access, "money": 100_000},
            "number": 100,
            "valid_from": rfc3339(now - timedelta(minutes=1)),
            "valid_until": rfc3339(now + timedelta(days=1)),
        }
        made: Json = self.good(
            "coupons_open_of_shop", self.merchant, wish, headers=self.fresh(), shop_id=self.ids["shop_id"]
        )
        return made

    def _codes(self, campaign: Json) -> None:
        at = {"campaign_id": campaign["id"]}
        gone, kept = (
            self.good("coupons_open_codes", self.merchant, {"number": 20}, headers=self.fresh(), **at) for _ in range(2)
        )
        for one in (gone, kept):
            ready = self.good("coupons_make_codes", self.merchant, **at, code_batch_id=one["id"])
            assert (ready["state"], ready["made"]) == ("ready", 20)
        file = self.good("coupons_export_codes", self.merchant, headers=self.fresh(), **at, code_batch_id=kept["id"])[
            "link"
        ]
        codes = requests.get(file, timeout=ANSWER_SECONDS).text.split()[1:]
        assert len(set(codes)) == 20
        self.good("coupons_claim_with", self.customers[0], {"code": codes[0]}, headers=self.fresh())
        self.good("coupons_revoke_codes", self.merchant, **at, code_batch_id=gone["id"])
        listed = self.good("coupons_code_batches", self.merchant, **at)["items"]
        assert {one["id"]: one["state"] for one in listed} == {gone["id"]: "revoked", kept["id"]: "exported"}
        self.ids["code_batch_id"] = kept["id"]

    def _scans(self, campaign: Json) -> None:
        at = {"campaign_id": campaign["id"]}
        shown = self.good("coupons_screen", self.merchant, **at)
        self.good("coupons_claim_with", self.customers[1], {"scanned": shown["token"]}, headers=self.fresh())
        gone, kept = (
            self.good("coupons_open_poster", self.merchant, {"name": name}, headers=self.fresh(), **at)
            for name in ("收银台", "门口")
        )
        self.good("coupons_claim_with", self.customers[2], {"scanned": kept["token"]}, headers=self.fresh())
        self.good("coupons_poster", self.merchant, **at, poster_id=kept["id"])
        self.good("coupons_revoke_poster", self.merchant, **at, poster_id=gone["id"])
        listed = self.good("coupons_posters", self.merchant, **at)["items"]
        assert {one["id"]: one["revoked"] for one in listed} == {gone["id"]: True, kept["id"]: False}
        self.ids["poster_id"] = kept["id"]
