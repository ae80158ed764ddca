"""Lines of SNS's log of texts, as CloudWatch Logs packs them."""

import base64
import gzip
import json
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.notifications.ports import Channel
from chalicelib.reach import events, use_cases
from chalicelib.reach.rules.feedback import Fate
from chalicelib.reach.rules.receipts import of_sns
from tests.chalicelib.reach.world import Suspended, feedback

SAMPLE = json.loads(Path("tests/events/reach-texts.json").read_text(encoding="utf-8"))
# "Viewing Amazon CloudWatch metrics and logs for SMS deliveries": a failed delivery, and what it may say.
LINE = {
    "notification": {"messageId": "1077257a-92f3-5ca3-bc97-6a915b310625", "timestamp": "2016-06-28 00:40:34.559"},
    "delivery": {
        "mnc": 0,
        "numberOfMessageParts": 1,
        "destination": "+12065550100",
        "priceInUSD": 0.00645,
        "smsType": "Transactional",
        "mcc": 0,
        "providerResponse": "Unknown error attempting to reach phone",
        "dwellTimeMs": 1420,
        "dwellTimeMsUntilDeviceAck": 1692,
    },
    "status": "FAILURE",
}


def saying(response, status="FAILURE", **delivery):
    return LINE | {"status": status, "delivery": LINE["delivery"] | {"providerResponse": response} | delivery}


def packed(*lines, kind="DATA_MESSAGE"):
    told = {"messageType": kind, "logEvents": [{"id": "1", "timestamp": 1, "message": line} for line in lines]}
    return base64.b64encode(gzip.compress(json.dumps(told).encode())).decode()


@pytest.mark.parametrize(
    ("line", "fate", "reason"),
    [
        (saying("Message has been accepted by phone carrier", "SUCCESS"), Fate.DELIVERED, "message-has-been-accepted-by-phone-carri"),
        (saying("Invalid phone number"), Fate.HARD, "invalid-phone-number"),
        (saying("Phone number is opted out"), Fate.LEFT, "phone-number-is-opted-out"),
        (saying("Phone is on a blocked list"), Fate.LEFT, "phone-is-on-a-blocked-list"),
        (saying("Phone is currently unreachable/unavailable"), Fate.SOFT, "phone-is-currently-unreachable-unavailab"),
        (saying("Unknown error attempting to reach phone"), Fate.SOFT, "unknown-error-attempting-to-reach-phone"),
        (saying("Blocked as spam by phone carrier"), Fate.OTHER, "blocked-as-spam-by-phone-carrier"),
        (saying("This delivery would exceed max price"), Fate.OTHER, "this-delivery-would-exceed-max-price"),
        (saying("no +12065550100"), Fate.OTHER, "no"),
    ],
)  # fmt: skip
def test_a_line_says_what_became_of_a_text(line, fate, reason, record_property):
    record_property("channels", "1 receipts")
    (event,) = of_sns(line)
    assert (event.channel, event.address, event.fate, event.reason) == (Channel.SMS, "+12065550100", fate, reason)


@pytest.mark.parametrize(
    "line", [{}, {"notification": {}}, saying("x", destination="a number"), LINE | {"notification": {"timestamp": "?"}}]
)
def test_other_lines_say_nothing(line):
    assert list(of_sns(line)) == []


def test_the_functions_sample_gives_a_number_up_once(tables, monkeypatch):
    gone = Suspended()
    made = feedback(gone)
    monkeypatch.setattr(wiring, "feedback", lambda: made)
    for _ in range(2):
        assert events.texts(SAMPLE, None) == {"lines": 1}
    assert set(gone) == {(Channel.SMS, "+12065550100", "bounced: invalid-phone-number")}


def test_lines_that_nobody_understands_are_let_pass(tables):
    gone = Suspended()
    assert (
        use_cases.take_lines(feedback(gone), packed("no JSON", "[1]", json.dumps(saying("Invalid phone number")))) == 3
    )
    assert len(gone) == 1


def test_the_question_whether_we_are_there_is_answered(tables):
    assert use_cases.take_lines(feedback(Suspended()), packed(kind="CONTROL_MESSAGE")) == 0


def test_what_unpacks_to_too_much_is_refused(tables):
    bomb = base64.b64encode(gzip.compress(b" " * 9_000_000)).decode()
    with pytest.raises(ValueError, match="too large"):
        use_cases.take_lines(feedback(Suspended()), bomb)
