"""SMS by Amazon SNS. SNS knows no ids of ours: a repeat after a crash is sent a second time.

The account's SMS sandbox, its spending limit and the identities that texts come from are settings of SNS, not of this
code. What became of a text SNS tells to CloudWatch Logs alone; whoever replied STOP is refused at the next.
"""

from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.kit.texting import SnsTexts
from chalicelib.notifications.ports import AddressGone, Letter, SenderDown, Undeliverable

# Publish's own errors about one number (Amazon SNS API Reference, Publish): no repeat changes them. What is not here
# passes (Throttled, InternalError, KMSThrottling), or is the operator's to mend (AuthorizationError).
_NEVER = {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError"}
_GONE = {"OptedOut", "OptedOutException"}
_WAITS = {"Throttled": 5, "ThrottledException": 5, "Throttling": 5, "KMSThrottling": 5, "KMSThrottlingException": 5}


class SnsSender:
    """See `notifications.ports.Sender`."""

    def __init__(self, texts: SnsTexts | None = None) -> None:
        self._texts = texts or SnsTexts()

    def send(self, letter: Letter, to: str) -> str | None:
        try:
            answer = aws.client("sns").publish(
                PhoneNumber=to, Message=letter.body, MessageAttributes=self._texts.attributes()
            )
        except ClientError as error:
            code = aws.reason(error)
            # The provider's own message repeats the number.
            if code in _GONE:
                raise AddressGone(f"sns: {code}") from error
            if code in _NEVER:
                raise Undeliverable(f"sns: {code}") from error
            wait = timedelta(seconds=_WAITS[code]) if code in _WAITS else None
            raise SenderDown(f"sns: {code}", wait) from error
        except BotoCoreError as error:
            raise SenderDown(f"sns: {type(error).__name__}") from error
        return str(answer["MessageId"])
