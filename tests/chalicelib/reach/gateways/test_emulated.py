"""Phones and senders over the wire, against the emulator's SNS and SES: what boto's stubs do not see is the bytes."""

import pytest

from chalicelib.kit import aws
from chalicelib.notifications.gateways.push import PushSender
from chalicelib.notifications.gateways.ses import SesSender
from chalicelib.notifications.gateways.sns import SnsSender
from chalicelib.notifications.ports import AddressGone
from chalicelib.reach.gateways.endpoints import SnsEndpoints
from chalicelib.reach.ports import Platform
from tests.chalicelib.notifications.gateways.letters import LETTER, MAIL_TO, TO

TOKEN = "token-of-the-tests"


@pytest.fixture
def sns(tables):
    return aws.client("sns")


@pytest.fixture
def endpoints(sns):
    made = sns.create_platform_application(Name="linli", Platform="GCM", Attributes={"PlatformCredential": "{}"})
    yield SnsEndpoints({Platform.FCM: made["PlatformApplicationArn"]})
    sns.delete_platform_application(PlatformApplicationArn=made["PlatformApplicationArn"])


def test_a_phone_that_was_switched_off_is_good_again_when_it_is_told(sns, endpoints):
    endpoint = endpoints.ensure(Platform.FCM, TOKEN)
    assert PushSender().send(LETTER, endpoint)
    sns.set_endpoint_attributes(
        EndpointArn=endpoint, Attributes={"Enabled": "false"}
    )  # the emulator pushes all the same
    assert endpoints.ensure(Platform.FCM, TOKEN) == endpoint
    assert sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]["Enabled"] == "true"
    endpoints.drop(endpoint)
    with pytest.raises(AddressGone):
        PushSender().send(LETTER, endpoint)


def test_a_text_is_taken(sns):
    assert SnsSender().send(LETTER, TO)


def test_a_mail_is_taken(tables):
    aws.client("sesv2").create_email_identity(EmailIdentity="no-reply@linli.example")
    assert SesSender("no-reply@linli.example").send(LETTER, MAIL_TO)
