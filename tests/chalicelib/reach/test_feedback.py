"""What providers say, over real tables: twice, late, in any order, and from strangers."""

import json
from datetime import UTC, datetime

import pytest

from chalicelib.kit.errors import Malformed, NotFound, Unavailable
from chalicelib.notifications.ports import Channel
from chalicelib.reach import use_cases
from chalicelib.reach.rules.feedback import MOST_FAILURES, Event, Fate
from chalicelib.reach.rules.topics import NotFromTopic
from chalicelib.reach.use_cases import Receipt
from tests import racing
from tests.chalicelib.reach.rules.test_receipts import ALIBABA, TENCENT
from tests.chalicelib.reach.world import SIGNER, Suspended, bounce, complaint, delivery, feedback

MAIL, FAR = "ming@example.com", datetime(2026, 4, 30, tzinfo=UTC)


@pytest.fixture
def gone(tables):
    return Suspended()


@pytest.fixture
def ports(gone):
    return feedback(gone)


def take(ports, *events):
    for event in events:
        use_cases.take_topic(ports, SIGNER.message(event))


def soft(day, number=None):
    return bounce("Transient", "MailboxFull", MAIL, f"2026-05-{day:02d}T06:00:00.000Z", number or f"fb-{day}")


def test_an_address_that_is_none_is_given_up(ports, gone):
    take(ports, bounce())
    assert gone == [(Channel.EMAIL, MAIL, "bounced: Permanent/General")]


def test_an_address_is_given_up_as_of_when_that_happened(ports, gone):
    """Not as of when we hear of it: by then somebody else may have it, and have told us so."""
    take(ports, bounce("Permanent", "General", MAIL, "2026-05-01T06:00:00.000Z", "fb-1"))
    assert gone.since == [datetime(2026, 5, 1, 6, tzinfo=UTC)]


def test_who_complains_is_written_to_no_more(ports, gone):
    take(ports, complaint(complaintFeedbackType="abuse"))
    assert gone == [(Channel.EMAIL, MAIL, "left: abuse")]


@pytest.mark.parametrize("event", [bounce(), complaint(), delivery()], ids=["bounce", "complaint", "delivery"])
def test_whoever_got_our_mail_speaks_for_no_other_address(ports, gone, event):
    """A report of a bounce is written where the mail went: its writer can put any address there."""
    for number in range(MOST_FAILURES):
        use_cases.heard(ports, [Event(f"evt-{number}", Channel.EMAIL, MAIL, Fate.SOFT, "full", FAR)])
    before = ports.store.failures(Channel.EMAIL, MAIL)
    for destination in (["mallory@example.net"], [], None, "ming@example.com", [7]):
        forged = {**event, "mail": {**event["mail"], "destination": destination}}
        take(ports, forged)
    assert gone == []
    assert ports.store.failures(Channel.EMAIL, MAIL) == before
    take(ports, {**event, "mail": {**event["mail"], "destination": ["MING@example.com"]}})
    assert gone or ports.store.failures(Channel.EMAIL, MAIL) != before, "its own word counts, however it is written"


def test_what_comes_twice_is_done_once(ports, gone, capsys):
    take(ports, bounce(), bounce())
    assert len(set(gone)) == 1
    assert capsys.readouterr().out.count('"NoticesFailed"') <= 2  # its name and its value, on one line
    assert ports.store.failures(Channel.EMAIL, MAIL).count == 0


def test_a_run_that_died_in_between_is_done_again(ports, gone):
    def dies(*_):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        take(feedback(dies), bounce())
    take(ports, bounce())
    assert gone == [(Channel.EMAIL, MAIL, "bounced: Permanent/General")]


def test_soft_ones_are_counted_and_many_over_days_give_up(ports, gone):
    for day in range(1, MOST_FAILURES):
        take(ports, soft(day), soft(day))
    assert (ports.store.failures(Channel.EMAIL, MAIL).count, gone) == (MOST_FAILURES - 1, [])
    take(ports, soft(MOST_FAILURES))
    assert gone == [(Channel.EMAIL, MAIL, "failing: Transient/MailboxFull")]


def test_a_run_that_died_before_it_gave_up_is_done_again(gone):
    def dies(*_):
        raise TimeoutError

    for day in range(1, MOST_FAILURES):
        take(feedback(dies), soft(day))
    with pytest.raises(TimeoutError):
        take(feedback(dies), soft(MOST_FAILURES))
    take(feedback(gone), soft(MOST_FAILURES))
    assert gone == [(Channel.EMAIL, MAIL, "failing: Transient/MailboxFull")]


def test_what_arrives_in_between_ends_the_count_in_whatever_order_it_is_told(ports, gone):
    take(ports, soft(3), delivery(MAIL, "2026-05-04T06:00:00.000Z"), soft(1), soft(2), soft(5), soft(6), soft(7))
    assert (ports.store.failures(Channel.EMAIL, MAIL).count, gone) == (3, [])


def test_an_arrival_is_not_written_where_nothing_failed(ports):
    take(ports, delivery(MAIL))
    assert ports.store.failures(Channel.EMAIL, MAIL).version == 0


@pytest.mark.store
def test_failures_that_come_at_once_are_all_counted_once(tables):
    ports = feedback(Suspended())
    works = [lambda day=day: take(ports, soft(day)) for day in (1, 2, 3, 1, 2, 3)]
    racing.race(works, ())
    assert ports.store.failures(Channel.EMAIL, MAIL).count == 3


def test_alibabas_receipts_are_taken_from_whoever_knows_the_address(ports, gone):
    black = ALIBABA | {"success": False, "err_code": "MOBILE_IN_BLACK"}
    raw = json.dumps([ALIBABA, black]).encode()
    for _ in range(2):
        use_cases.take_receipts(ports, Receipt.ALIBABA, "key-of-the-tests", raw)
    assert set(gone) == {(Channel.SMS, "+8613811112222", "left: MOBILE_IN_BLACK")}


def test_tencents_reply_comes_alone(ports, gone):
    reply = {"mobile": "13811112222", "nationcode": "86", "text": "T", "time": 1457336869}
    use_cases.take_receipts(ports, Receipt.TENCENT, "key-of-the-tests", json.dumps(reply).encode())
    use_cases.take_receipts(ports, Receipt.TENCENT, "key-of-the-tests", json.dumps([TENCENT]).encode())
    assert gone == [(Channel.SMS, "+8613811112222", "left: reply")]


@pytest.mark.parametrize("key", ["", "key-of-the-test", "key-of-the-tests2", "钥匙"])
def test_without_the_key_there_is_nothing(ports, gone, key):
    raw = json.dumps([ALIBABA | {"success": False, "err_code": "MOBILE_IN_BLACK"}]).encode()
    with pytest.raises(NotFound):
        use_cases.take_receipts(ports, Receipt.ALIBABA, key, raw)
    assert gone == []


def test_a_deployment_without_a_key_takes_none(gone):
    ports = feedback(gone).__class__(**vars(feedback(gone)) | {"key": ""})
    with pytest.raises(NotFound):
        use_cases.take_receipts(ports, Receipt.ALIBABA, "", b"[]")


@pytest.mark.parametrize("raw", [b"", b"text", b"7", b"[" * 5000])
def test_what_is_no_list_is_refused(ports, raw):
    with pytest.raises(Malformed):
        use_cases.take_receipts(ports, Receipt.TENCENT, "key-of-the-tests", raw)


def test_a_subscription_is_confirmed_by_the_api_and_no_address_is_called(gone):
    confirmed = []
    ports = feedback(gone, confirm=confirmed.append)
    use_cases.take_topic(ports, SIGNER.message("You have chosen", "SubscriptionConfirmation"))
    assert confirmed == ["token-1"]


def test_nobody_confirms_what_sns_did_not_sign(gone):
    confirmed = []
    ports = feedback(gone, confirm=confirmed.append)
    forged = json.loads(SIGNER.message("You have chosen", "SubscriptionConfirmation")) | {"Token": "theirs"}
    with pytest.raises(NotFromTopic):
        use_cases.take_topic(ports, json.dumps(forged).encode())
    assert confirmed == []


def test_a_topic_that_ends_is_told_and_not_begun_again(gone, capsys):
    confirmed = []
    ports = feedback(gone, confirm=confirmed.append)
    use_cases.take_topic(ports, SIGNER.message("You have chosen", "UnsubscribeConfirmation"))
    assert confirmed == []
    assert "FeedbackLost" in capsys.readouterr().out


def test_a_push_that_was_not_delivered_is_counted(ports, gone, capsys):
    event = {
        "DeliveryAttempts": 1,
        "EndpointArn": "arn:aws:sns:ap-southeast-1:111122223333:endpoint/APNS/app/3f08fd15",
        "EventType": "DeliveryFailure",
        "FailureType": "InvalidPlatformToken",
        "Service": "SNS",
        "Time": "2026-05-01T06:29:48.732Z",
    }
    take(ports, event)
    assert gone == []
    assert "NoticesFailed" in capsys.readouterr().out


@pytest.mark.parametrize("body", ["Successfully validated SNS topic for Amazon SES event publishing.", [1], "{"])
def test_other_texts_of_the_topic_are_let_pass(ports, gone, body):
    take(ports, body)
    assert gone == []


def test_where_the_certificate_cannot_be_had_sns_tries_again(gone):
    def nothing(_address):
        raise Unavailable(retry_after=5)

    with pytest.raises(Unavailable):
        take(feedback(gone, certificates=nothing), bounce())
    assert gone == []


def test_a_deployment_without_a_topic_believes_nobody(gone):
    with pytest.raises(NotFromTopic):
        take(feedback(gone, topic=""), bounce())
