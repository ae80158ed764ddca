import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reach.rules import topics
from chalicelib.reach.rules.topics import NotFromTopic
from tests.chalicelib.reach.world import CERTIFICATE, SIGNER, START, TOPIC, Signer

OTHER = Signer()


def believed(raw, signer=SIGNER, now=START, topic=TOPIC):
    message = topics.read(raw, topic, now)
    topics.believe(message, signer.pem, now)
    return message


@pytest.mark.parametrize("subject", [{}, {"Subject": "Amazon SES Email Event Notification"}])
def test_what_sns_signed_is_believed(subject, record_property):
    record_property("channels", "1 signed messages")
    message = believed(SIGNER.message("a text\nof two lines", **subject))
    assert (message.kind, message.body, message.token) == ("Notification", "a text\nof two lines", "")


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_a_confirmation_is_signed_over_its_token(kind):
    raw = SIGNER.message("You have chosen to subscribe", kind)
    assert believed(raw).token == "token-1"
    with pytest.raises(NotFromTopic):
        believed(json.dumps(json.loads(raw) | {"Token": "token-2"}).encode())


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp"])
def test_a_message_that_was_changed_is_not_believed(name):
    told = json.loads(SIGNER.message("a text"))
    told[name] = "2026-05-01T06:30:01.000Z" if name == "Timestamp" else f"{told[name]}!"
    with pytest.raises(NotFromTopic):
        believed(json.dumps(told).encode())


def test_a_subject_that_was_added_is_not_believed():
    told = json.loads(SIGNER.message("a text")) | {"Subject": "more"}
    with pytest.raises(NotFromTopic):
        believed(json.dumps(told).encode())


def test_another_key_has_signed_nothing():
    with pytest.raises(NotFromTopic):
        believed(OTHER.message("a text"))


def test_a_certificate_of_somebody_else_is_none():
    stranger = Signer("sns.example.com")
    with pytest.raises(NotFromTopic):
        believed(stranger.message("a text"), stranger)


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_signs_nothing(pem):
    message = topics.read(SIGNER.message("a text"), TOPIC, START)
    with pytest.raises(NotFromTopic):
        topics.believe(message, pem, START)


def test_a_certificate_that_ran_out_is_none():
    old = Signer(days=0)
    later = START + timedelta(hours=1)
    with pytest.raises(NotFromTopic):
        believed(old.message("a text", at=later), old, now=later)


def test_signature_version_1_is_not_believed():
    with pytest.raises(NotFromTopic):
        believed(SIGNER.message("a text", version="1"))


@pytest.mark.parametrize("late", [timedelta(hours=25), timedelta(minutes=-6)])
def test_what_is_too_old_or_from_the_future_is_not_believed(late):
    with pytest.raises(NotFromTopic):
        believed(SIGNER.message("a text"), now=START + late)


def test_another_topic_is_not_ours():
    with pytest.raises(NotFromTopic):
        believed(SIGNER.message("a text"), topic=f"{TOPIC}2")


@pytest.mark.parametrize(
    "address",
    [
        CERTIFICATE.replace("https", "http"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CERTIFICATE.replace("https://", "https://evil.example/?"),
        CERTIFICATE.replace("https://", "https://evil.example@"),
        CERTIFICATE.replace("ap-southeast-1", "us-east-1"),
        CERTIFICATE.replace("sns.ap", "sns-ap"),
        CERTIFICATE.replace(".pem", ".pem?x=1"),
        CERTIFICATE.replace(".com/", ".com/../"),
        f"{CERTIFICATE}\n",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_a_certificate_comes_from_the_topics_own_host_alone(address, record_property):
    record_property("channels", "1 signed messages")
    with pytest.raises(NotFromTopic):
        topics.read(SIGNER.message("a text", SigningCertURL=address), TOPIC, START)


def test_the_hosts_of_china_are_sns_too():
    topic = TOPIC.replace("arn:aws:", "arn:aws-cn:").replace("ap-southeast-1", "cn-north-1")
    address = CERTIFICATE.replace("ap-southeast-1.amazonaws.com", "cn-north-1.amazonaws.com.cn")
    assert topics.read(SIGNER.message("x", SigningCertURL=address, TopicArn=topic), topic, START).body == "x"


@given(st.one_of(st.binary(max_size=80), st.recursive(st.none() | st.text(max_size=5), st.lists).map(
    lambda told: json.dumps(told).encode())))  # fmt: skip
def test_what_is_no_message_is_refused(raw):
    with pytest.raises(NotFromTopic):
        topics.read(raw, TOPIC, START)


@pytest.mark.parametrize(
    "name", ["Type", "MessageId", "Message", "Timestamp", "SigningCertURL", "TopicArn", "Signature"]
)
@pytest.mark.parametrize("value", [None, 7, [], "?"])
def test_a_field_of_another_kind_is_refused(name, value):
    told = json.loads(SIGNER.message("a text")) | {name: value}
    with pytest.raises(NotFromTopic):
        believed(json.dumps(told).encode())


def test_a_message_shows_nobody_what_it_says():
    message = topics.read(SIGNER.message("ming@example.com"), TOPIC, START)
    assert "ming" not in repr(replace(message))
