from dataclasses import replace

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    UnauthorizedSSOTokenError,
)

from infra.changes import DeployError
from infra.credentials import Caller, caller
from infra.targets import Target


class Sts:
    def __init__(self, error=None):
        self.error = error

    def get_caller_identity(self):
        if self.error:
            raise self.error
        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ops", "UserId": "x"}


def refusal(code):
    return ClientError({"Error": {"Code": code, "Message": "No.\nReally not."}}, "GetCallerIdentity")


@pytest.fixture
def answering(monkeypatch):
    def set_(error=None):
        monkeypatch.setattr(Target, "client", lambda _self, _service: Sts(error))

    return set_


TARGET = Target.aws(stage="prod", region="eu-central-1")


def test_who_calls(answering):
    answering()
    assert caller(TARGET) == Caller("123456789012", "arn:aws:iam::123456789012:user/ops")


def test_a_stage_that_is_tied_to_an_account_is_in_no_other(answering):
    answering()
    assert caller(replace(TARGET, account="123456789012")).account == "123456789012"
    with pytest.raises(DeployError, match="prod is in account 999999999999, and these credentials are of 123456789012"):
        caller(replace(TARGET, account="999999999999"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoCredentialsError(), "run 'aws configure' or set AWS_PROFILE"),
        (ProfileNotFound(profile="nobody"), r"config profile \(nobody\) could not be found"),
        (refusal("ExpiredToken"), "have expired; sign in again"),
        (refusal("RequestExpired"), "have expired"),
        (UnauthorizedSSOTokenError(), "aws sso login"),
        (refusal("InvalidClientTokenId"), r"wrong keys, or eu-central-1 is not switched on"),
        (refusal("SignatureDoesNotMatch"), "does not know these credentials"),
        (refusal("AccessDenied"), "denies these credentials"),
        (EndpointConnectionError(endpoint_url="https://sts"), "cannot be reached in eu-central-1"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_what_to_do(answering, error, said):
    answering(error)
    with pytest.raises(DeployError, match=said) as refused:
        caller(TARGET)
    assert "\n" not in str(refused.value)


def test_a_profile_that_is_not_there_is_found_when_the_client_is_made(monkeypatch):
    def client(_self, _service):
        raise ProfileNotFound(profile="nobody")

    monkeypatch.setattr(Target, "client", client)
    with pytest.raises(DeployError, match="nobody"):
        caller(TARGET)
