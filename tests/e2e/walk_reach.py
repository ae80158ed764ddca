"""Where somebody is reached, once, so that it succeeds: phones, agreements at WeChat, and receipts of texts."""

import json
from collections.abc import Callable
from typing import Any

from tests.e2e.town import Town

Good = Callable[..., Any]
TOKEN = "740f4707bebcf74f9b7c25d48e3358945f6aa01da5ddb387462c7eaf61bb78ad"
REPORT = {
    "phone_number": "13811112222",
    "send_time": "2026-05-01 14:30:00",
    "report_time": "2026-05-01 14:30:10",
    "success": True,
    "err_code": "DELIVERED",
    "biz_id": "12345",
    "out_id": "ntc_1",
}
STATUS = {
    "user_receive_time": "2026-05-01 14:30:10",
    "nationcode": "86",
    "mobile": "13811112222",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "sid": "2019:1",
}


class ReachWalk:
    """Somebody with two phones, of whom one goes."""

    def __init__(self, town: Town, good: Good, fresh: Callable[[], dict[str, str]]) -> None:
        self.town, self.good, self.fresh = town, good, fresh
        self.ids: dict[str, str] = {}

    def go(self) -> None:
        """Do everything; a phone stays."""
        person = self.town.person()
        spare = self.good("notifications_register_device", person, {"platform": "apns", "token": TOKEN})
        kept = self.good("notifications_register_device", person, {"platform": "fcm", "token": f"{TOKEN}:fcm"})
        self.good("notifications_forget_device", person, device_id=spare["id"])
        assert [one["id"] for one in self.good("notifications_devices", person)["items"]] == [kept["id"]]
        self.ids["device_id"] = kept["id"]
        [template] = self.good("notifications_wechat_agreements", person)["items"]
        told = {"template_ids": [template["template_id"]]}
        agreed = self.good("notifications_agree_at_wechat", person, told, headers=self.fresh())
        assert [one["left"] for one in agreed["items"]] == [1]
        at = {"receipt_key": self.town.receipts_key}
        assert self._posts("notifications_alibaba_receipts", [REPORT], at) == {"code": 0, "msg": "OK"}
        assert self._posts("notifications_tencent_receipts", [STATUS], at) == {"result": 0, "errmsg": "OK"}

    def _posts(self, name: str, told: Any, at: dict[str, str]) -> Any:
        headers = {"Content-Type": "application/json"}
        return self.good(name, raw=json.dumps(told).encode(), headers=headers, **at)
