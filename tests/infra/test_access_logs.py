"""The role that lets API Gateway write logs is the account's: made where there is none, and never touched where there is."""

import io
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from infra import access_logs
from infra.targets import Target

ARN = f"arn:aws:iam::1:role/{access_logs.ROLE}"


class Account:
    """API Gateway and IAM of an account; a new role can be used after some tries."""

    partition = "aws"

    def __init__(self, arn=None, role=False, tries=0, refusal="BadRequestException"):
        self.arn, self.role, self.tries, self.refusal = arn, role, tries, refusal
        self.attached, self.pauses = [], 0

    def client(self, _service):
        return self

    def get_account(self):
        return {"cloudwatchRoleArn": self.arn} if self.arn else {}

    def create_role(self, **asked):
        assert '"apigateway.amazonaws.com"' in asked["AssumeRolePolicyDocument"]
        if self.role:
            raise ClientError({"Error": {"Code": "EntityAlreadyExists"}}, "CreateRole")
        return self.get_role(RoleName=asked["RoleName"])

    def get_role(self, **asked):
        return {"Role": {"Arn": f"arn:aws:iam::1:role/{asked['RoleName']}"}}

    def attach_role_policy(self, **asked):
        self.attached.append((asked["RoleName"], asked["PolicyArn"]))

    def update_account(self, **asked):
        if self.tries:
            self.tries -= 1
            raise ClientError({"Error": {"Code": self.refusal}}, "UpdateAccount")
        (operation,) = asked["patchOperations"]
        assert (operation["op"], operation["path"]) == ("replace", "/cloudwatchRoleArn")
        self.arn = operation["value"]

    def pause(self):
        self.pauses += 1


@pytest.mark.parametrize("role", [False, True])
def test_an_account_without_a_role_gets_one(role):
    account = Account(role=role, tries=2)
    assert access_logs.ensure_role(account, account.pause) is True
    assert (account.arn, account.pauses) == (ARN, 2)
    assert account.attached == [
        (access_logs.ROLE, "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
    ]
    assert access_logs.ensure_role(account, account.pause) is False


def test_a_role_that_is_there_stays():
    account = Account(arn="arn:aws:iam::1:role/of-somebody-else", role=True)
    assert access_logs.ensure_role(account, account.pause) is False
    assert account.arn.endswith("of-somebody-else")
    assert account.attached == []


@pytest.mark.parametrize(("tries", "refusal", "pauses"), [(99, "BadRequestException", 9), (1, "AccessDenied", 0)])
def test_what_aws_refuses_is_told(tries, refusal, pauses):
    account = Account(tries=tries, refusal=refusal)
    with pytest.raises(ClientError, match=refusal):
        access_logs.ensure_role(account, account.pause)
    assert account.pauses == pauses


def test_where_no_accesses_are_logged_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(Target, "client", lambda _self, _service: pytest.fail("the account was asked"))
    access_logs.prepare(replace(Target.local(), access_logs=False), Console(file=io.StringIO()))
