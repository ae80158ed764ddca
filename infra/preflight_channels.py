"""Preflight: are the identity and the push applications there that a stage names?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from infra import feedback
from infra.targets import Target

_ABSENT = {"NotFoundException", "NotFound"}


@dataclass(frozen=True)
class Channels:
    """What SES and SNS say of what a stage names.

    Attributes:
        identity: whether mail can be sent from it: `good`, or what is wrong; None where none is named.
        applications: likewise for each push application, by its name.
    """

    identity: tuple[str, str] | None = None
    applications: Mapping[str, str] = field(default_factory=dict)


GOOD = "good"


def channels(target: Target) -> Channels:
    """Read them; nothing is changed. An emulator has neither."""
    if target.emulated:
        return Channels()
    identity = (target.mail_identity, _identity(target)) if target.mail_from else None
    return Channels(identity, {name: _application(target, one, name) for one, name in target.push.names().items()})


def _identity(target: Target) -> str:
    try:
        told: dict[str, Any] = target.client("sesv2").get_email_identity(EmailIdentity=target.mail_identity)
    except ClientError as error:
        return _wrong(error)
    return GOOD if told.get("VerifiedForSendingStatus") else "not verified"


def _application(target: Target, platform: str, name: str) -> str:
    account = target.client("sts").get_caller_identity()["Account"]
    arn = feedback.application(target, platform, name)
    for part, value in (("Partition", target.partition), ("Region", target.region), ("AccountId", account)):
        arn = arn.replace(f"${{AWS::{part}}}", value)
    try:
        told = target.client("sns").get_platform_application_attributes(PlatformApplicationArn=arn)
    except ClientError as error:
        return _wrong(error)
    return GOOD if told["Attributes"].get("Enabled") == "true" else "switched off: its key or certificate ran out"


def _wrong(error: ClientError) -> str:
    code = error.response["Error"]["Code"]
    return "not there" if code in _ABSENT else f"not readable ({code})"


def channels_are_there(found: Channels) -> Iterator[str]:
    """What is sent through something that is not there waits, and in the end dies."""
    if found.identity is not None and found.identity[1] != GOOD:
        yield f"the mail identity {found.identity[0]} is {found.identity[1]} at SES"
    for name, state in found.applications.items():
        if state != GOOD:
            yield f"the push application {name} is {state} at SNS"
