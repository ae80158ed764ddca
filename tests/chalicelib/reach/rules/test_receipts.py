"""Receipts in the providers' own forms, from their documents."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.notifications.ports import Channel
from chalicelib.reach.rules import receipts
from chalicelib.reach.rules.feedback import Fate
from tests.chalicelib.reach.world import bounce, complaint, delivery

# "SmsReport" of Alibaba Cloud, and "SMS Sending Status Notification" of Tencent Cloud: their examples, with numbers.
ALIBABA = {
    "phone_number": "13811112222",
    "send_time": "2017-01-01 00:00:00",
    "report_time": "2017-01-01 00:00:10",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "12345",
    "out_id": "ntc_1",
}
TENCENT = {
    "user_receive_time": "2015-10-17 08:03:04",
    "nationcode": "86",
    "mobile": "13811112222",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "xxxxxxx",
}


def one(events):
    (event,) = events
    return event


@pytest.mark.parametrize(
    ("told", "fate", "reason"),
    [
        (bounce(), Fate.HARD, "Permanent/General"),
        (bounce("Permanent", "OnAccountSuppressionList"), Fate.HARD, "Permanent/OnAccountSuppressionList"),
        (bounce("Transient", "MailboxFull"), Fate.SOFT, "Transient/MailboxFull"),
        (bounce("Undetermined", "Undetermined"), Fate.SOFT, "Undetermined/Undetermined"),
        (complaint(), Fate.LEFT, ""),
        (complaint(complaintFeedbackType="abuse"), Fate.LEFT, "abuse"),
        (complaint(complaintFeedbackType="not-spam"), Fate.OTHER, "not-spam"),
        (delivery(), Fate.DELIVERED, ""),
        ({**bounce(), "eventType": None, "notificationType": "Bounce"}, Fate.HARD, "Permanent/General"),
    ],
)
def test_ses_says_what_became_of_a_mail(told, fate, reason, record_property):
    record_property("channels", "1 receipts")
    event = one(receipts.of_ses(told))
    assert (event.channel, event.address, event.fate, event.reason) == (
        Channel.EMAIL, "ming@example.com", fate, reason,
    )  # fmt: skip


def test_a_bounce_of_several_is_an_event_for_each():
    told = bounce()
    told["bounce"]["bouncedRecipients"].append({"emailAddress": "ling@example.com"})
    told["mail"]["destination"].append("Ling@example.com")
    events = list(receipts.of_ses(told))
    assert [event.address for event in events] == ["ming@example.com", "ling@example.com"]
    assert len({event.id for event in events}) == 2


def test_ses_free_texts_are_not_taken_over():
    assert one(receipts.of_ses(bounce(subtype="no mailbox ming@example.com"))).reason == "Permanent"


@pytest.mark.parametrize("told", [{}, {"eventType": "Open", "open": {}, "mail": {}}, {"eventType": "Bounce"}])
def test_other_events_of_ses_say_nothing(told):
    assert list(receipts.of_ses(told)) == []


@pytest.mark.parametrize(
    ("change", "fate"),
    [
        ({}, Fate.DELIVERED),
        ({"success": False, "err_code": "MOBILE_IN_BLACK"}, Fate.LEFT),
        ({"success": False, "err_code": "USER_REJECT"}, Fate.LEFT),
        ({"success": False, "err_code": "INVALID_NUMBER"}, Fate.HARD),
        ({"success": False, "err_code": "MOBILE_NOT_ON_SERVICE"}, Fate.SOFT),
        ({"success": False, "err_code": "CONTENT_KEYWORD"}, Fate.OTHER),
        ({"success": False, "err_code": "SP_UNKNOWN_ERROR"}, Fate.OTHER),
        ({"success": False, "err_code": "用户 13811112222"}, Fate.OTHER),
    ],
)
def test_alibaba_says_what_became_of_a_text(change, fate, record_property):
    record_property("channels", "1 receipts")
    event = one(receipts.of_alibaba([ALIBABA | change]))
    assert (event.channel, event.address, event.fate) == (Channel.SMS, "+8613811112222", fate)
    assert event.at == datetime(2016, 12, 31, 16, 0, 10, tzinfo=UTC)  # their clocks show Beijing's time
    assert "138" not in event.reason


@pytest.mark.parametrize(("change", "fate"), [({}, Fate.DELIVERED), ({"report_status": "FAIL"}, Fate.SOFT)])
def test_tencent_says_what_became_of_a_text(change, fate, record_property):
    record_property("channels", "1 receipts")
    event = one(receipts.of_tencent([TENCENT | change]))
    assert (event.address, event.fate) == ("+8613811112222", fate)
    assert event.at == datetime(2015, 10, 17, 0, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("text", ["T", "td", " 退订 ", "R", "STOP", "拒收"])
def test_who_replies_so_has_left(text):
    alibaba = {"phone_number": "13811112222", "content": text, "send_time": "2017-01-01 00:00:00", "sequence_id": 1}
    tencent = {"mobile": "13811112222", "nationcode": "86", "text": text, "time": 1457336869, "sign": "邻里"}
    for event in (one(receipts.of_alibaba([alibaba])), one(receipts.of_tencent([tencent]))):
        assert (event.address, event.fate) == ("+8613811112222", Fate.LEFT)


def test_another_reply_says_nothing():
    reply = {"phone_number": "13811112222", "content": "谢谢", "send_time": "2017-01-01 00:00:00", "sequence_id": 1}
    assert list(receipts.of_alibaba([reply])) == []


@pytest.mark.parametrize(
    ("told", "number"),
    [("13811112222", "+8613811112222"), ("8613811112222", "+8613811112222"), ("0085291234567", "+85291234567"),
     ("85291234567", "+85291234567"), ("+13811112222", "+13811112222"), ("1381111****", None), ("", None), (None, None)],
)  # fmt: skip
def test_numbers_come_in_several_forms(told, number):
    found = [event.address for event in receipts.of_alibaba([ALIBABA | {"phone_number": told}])]
    assert found == ([number] if number else [])


def test_a_repeat_is_known():
    first, second = (one(receipts.of_alibaba([ALIBABA])) for _ in range(2))
    assert first.id == second.id
    other = one(receipts.of_alibaba([ALIBABA | {"biz_id": "12346"}]))
    assert other.id != first.id


_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(
    inner, max_size=3) | st.dictionaries(st.sampled_from([*ALIBABA, *TENCENT, "content", "text", "time"]), inner,
    max_size=4))  # fmt: skip


@given(st.lists(_JSON, max_size=4))
def test_nothing_that_is_posted_breaks_them(told):
    for event in (*receipts.of_alibaba(told), *receipts.of_tencent(told)):
        assert event.address.startswith("+")


@given(st.dictionaries(st.sampled_from(["eventType", "bounce", "mail", "complaint", "delivery"]),
                       st.sampled_from(["Bounce", "Delivery", {}, [], None, {"recipients": [1]},
                                        {"bouncedRecipients": [None, 3]}])))  # fmt: skip
def test_nothing_that_a_topic_says_breaks_them(told):
    assert all(event.channel is Channel.EMAIL for event in receipts.of_ses(told))
