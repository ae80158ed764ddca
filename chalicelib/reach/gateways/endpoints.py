"""Phones at Amazon SNS: platform endpoints, made, and made good again.

As "Creating an Amazon SNS platform endpoint for mobile push" says: ask for the endpoint; where one of this token has
other attributes its ARN stands in the refusal; set token and switch it on; where it was deleted meanwhile, begin anew.
"""

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.observability import log
from chalicelib.reach.ports import Platform
from chalicelib.reach.rules.devices import PushNotServed, TokenRefused

_THERE = re.compile(r"Endpoint (arn:aws[a-z-]*:sns:[^\s]+) already exists with the same [Tt]oken")
_REFUSED = {"InvalidParameter", "InvalidParameterException", "InvalidParameterValue", "ValidationError"}
_GONE = {"NotFound", "NotFoundException"}


class SnsEndpoints:
    """See `reach.ports.Endpoints`.

    Args:
        applications: ARNs of the platform applications.
    """

    def __init__(self, applications: Mapping[Platform, str]) -> None:
        self._applications = applications

    def ensure(self, platform: Platform, token: str) -> str:
        application = self._applications.get(platform)
        if application is None:
            raise PushNotServed
        endpoint = _made(application, token)
        try:
            _switch_on(endpoint, token)
        except ClientError as error:
            if aws.reason(error) not in _GONE:
                raise _meaning(error) from error
            endpoint = _made(application, token)  # it was deleted between the two
        except BotoCoreError as error:
            raise Unavailable(retry_after=2) from error
        return endpoint

    def drop(self, endpoint: str) -> None:
        try:
            aws.client("sns").delete_endpoint(EndpointArn=endpoint)
        except (ClientError, BotoCoreError) as error:  # nobody publishes to it any more
            log.warning("an endpoint is left", reason=aws.reason(error))


def _made(application: str, token: str) -> str:
    try:
        answer = aws.client("sns").create_platform_endpoint(PlatformApplicationArn=application, Token=token)
    except ClientError as error:
        there = _THERE.search(str(error.response.get("Error", {}).get("Message", "")))
        if there is not None:
            return there[1]
        raise _meaning(error) from error
    except BotoCoreError as error:
        raise Unavailable(retry_after=2) from error
    return str(answer["EndpointArn"])


def _switch_on(endpoint: str, token: str) -> None:
    attributes: dict[str, Any] = {"Token": token, "Enabled": "true"}
    aws.client("sns").set_endpoint_attributes(EndpointArn=endpoint, Attributes=attributes)


def _meaning(error: ClientError) -> Exception:
    code = aws.reason(error)  # its message repeats the token
    if code in _REFUSED:
        return TokenRefused()
    log.warning("no endpoint at SNS", reason=code)
    return Unavailable(retry_after=5)


class InboxEndpoints:
    """Phones of the development inbox: each is reached under what it is."""

    def ensure(self, platform: Platform, token: str) -> str:
        return f"inbox:{platform}:{token[-12:]}"

    def drop(self, endpoint: str) -> None:
        """There is nothing to give up."""
