import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.kit import aws
from chalicelib.kit.errors import Unavailable
from chalicelib.reach.gateways.endpoints import SnsEndpoints
from chalicelib.reach.ports import Platform
from chalicelib.reach.rules.devices import PushNotServed, TokenRefused
from tests.chalicelib.notifications.gateways.letters import stubbed

APP = "arn:aws:sns:ap-southeast-1:111122223333:app/GCM/linli"
ARN = "arn:aws:sns:ap-southeast-1:111122223333:endpoint/GCM/linli/0b1c2d3e-1111-3222-8333-444455556666"
TOKEN = "token-of-the-tests"
ENDPOINTS = SnsEndpoints({Platform.FCM: APP})
MADE = ("create_platform_endpoint", {"EndpointArn": ARN}, {"PlatformApplicationArn": APP, "Token": TOKEN})
ON = ("set_endpoint_attributes", {}, {"EndpointArn": ARN, "Attributes": {"Token": TOKEN, "Enabled": "true"}})


@pytest.fixture
def sns(monkeypatch):
    client, stub = stubbed("sns")
    monkeypatch.setattr(aws, "client", lambda service: {"sns": client}[service])
    with stub:
        yield stub
        stub.assert_no_pending_responses()


def test_an_endpoint_is_made_and_switched_on(sns):
    for step in (MADE, ON):
        sns.add_response(*step)
    assert ENDPOINTS.ensure(Platform.FCM, TOKEN) == ARN


def test_one_that_has_other_attributes_is_found_in_the_refusal_and_made_good(sns):
    told = (
        f"Invalid parameter: Token Reason: Endpoint {ARN} already exists with the same Token, but different attributes."
    )
    sns.add_client_error("create_platform_endpoint", "InvalidParameter", told)
    sns.add_response(*ON)
    assert ENDPOINTS.ensure(Platform.FCM, TOKEN) == ARN


def test_one_that_was_deleted_meanwhile_is_made_again(sns):
    sns.add_response(*MADE)
    sns.add_client_error("set_endpoint_attributes", "NotFound", "Endpoint does not exist")
    sns.add_response(*MADE)
    assert ENDPOINTS.ensure(Platform.FCM, TOKEN) == ARN


def test_a_platform_without_an_application_is_not_served(sns):
    with pytest.raises(PushNotServed):
        ENDPOINTS.ensure(Platform.APNS, TOKEN)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("InvalidParameter", TokenRefused),
        ("InternalError", Unavailable),
        ("AuthorizationError", Unavailable),
        ("NotFound", Unavailable),
    ],
)
def test_refusals_are_told_apart_and_do_not_repeat_the_token(sns, code, meaning):
    sns.add_client_error("create_platform_endpoint", code, f"no {TOKEN}")
    with pytest.raises(meaning) as said:
        ENDPOINTS.ensure(Platform.FCM, TOKEN)
    assert TOKEN not in str(said.value)


def test_a_token_that_is_refused_afterwards_is_told(sns):
    sns.add_response(*MADE)
    sns.add_client_error("set_endpoint_attributes", "InvalidParameter", TOKEN)
    with pytest.raises(TokenRefused):
        ENDPOINTS.ensure(Platform.FCM, TOKEN)


def test_no_answer_means_later(monkeypatch):
    class Dead:
        def __getattr__(self, _name):
            def silent(**_):
                raise ReadTimeoutError(endpoint_url="https://sns")

            return silent

    monkeypatch.setattr(aws, "client", lambda _service: Dead())
    with pytest.raises(Unavailable):
        ENDPOINTS.ensure(Platform.FCM, TOKEN)
    ENDPOINTS.drop(ARN)


def test_an_endpoint_is_dropped_and_one_that_cannot_be_is_left(sns):
    sns.add_response("delete_endpoint", {}, {"EndpointArn": ARN})
    ENDPOINTS.drop(ARN)
    sns.add_client_error("delete_endpoint", "InternalError", "")
    ENDPOINTS.drop(ARN)
