"""Whose credentials a command works with; asked before anything else, so that what is wrong with them is one line."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    SSOError,
    TokenRetrievalError,
)

from infra.changes import DeployError
from infra.targets import Target

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"}
_DENIED = {"AccessDenied", "AccessDeniedException"}


@dataclass(frozen=True)
class Caller:
    """Who calls AWS: the account's number and the ARN of the user or role."""

    account: str
    arn: str

    def __str__(self) -> str:
        """Say both, as commands that change something do first."""
        return f"account {self.account}, as {self.arn}"


def caller(target: Target) -> Caller:
    """Return whose credentials the target's clients use.

    Raises:
        DeployError: there are none, they have expired, or AWS does not take them; says what to do. Or they are of
            another account than the stage's, where the file of stages says which.
    """
    try:
        identity: dict[str, Any] = target.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise DeployError(_why(error, target.region)) from error
    if target.account and identity["Account"] != target.account:
        raise DeployError(
            f"{target.stage} is in account {target.account}, and these credentials are of {identity['Account']}"
        )
    return Caller(identity["Account"], identity["Arn"])


def _why(error: BotoCoreError | ClientError, region: str) -> str:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    said = " ".join(str(error).split())
    if code in _EXPIRED or isinstance(error, (SSOError, TokenRetrievalError)):
        return "the AWS credentials have expired; sign in again ('aws sso login'), or fetch new ones"
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}): wrong keys, or {region} is not switched on"
    if code in _DENIED:
        return f"AWS denies these credentials ({said}); ask the account's administrator"
    if isinstance(error, EndpointConnectionError):
        return f"AWS cannot be reached in {region} ({said})"
    return f"no AWS credentials that work ({said}); run 'aws configure' or set AWS_PROFILE"
