from datetime import timedelta

from chalicelib.notifications.rules import State
from chalicelib.notifications.store import NotificationStore
from tests.api import CUSTOMER, OTHER, call
from tests.chalicelib.notifications.test_store import NOW, notice


def keep(*notices):
    for one in notices:
        NotificationStore().claim(one, NOW)


def test_everybody_reads_what_they_were_told(tables):
    keep(*(notice(n, account=CUSTOMER.account_id, at=NOW + timedelta(minutes=n)) for n in range(3)))
    NotificationStore().mark(notice(2, account=CUSTOMER.account_id).id, State.SENT)
    first = call("GET", "/v1/me/notices", actor=CUSTOMER, query={"limit": 2})
    assert first.status == 200
    assert first.json["items"][0] == {
        "id": notice(2, account=CUSTOMER.account_id).id,
        "kind": "order.confirmed.customer",
        "channel": "sms",
        "body": "【邻里】已确认",
        "state": "sent",
        "created_at": "2030-05-01T09:32:00Z",
    }
    cursor = first.json["next_cursor"]
    second = call("GET", "/v1/me/notices", actor=CUSTOMER, query={"cursor": cursor})
    assert [one["id"] for one in second.json["items"]] == [notice(0, account=CUSTOMER.account_id).id]
    assert second.json["next_cursor"] is None
    assert call("GET", "/v1/me/notices", actor=OTHER).json == {"items": [], "next_cursor": None}
    assert call("GET", "/v1/me/notices", actor=OTHER, query={"cursor": cursor}).status == 422


def test_strangers_sign_in_first(tables):
    assert call("GET", "/v1/me/notices").status == 401
