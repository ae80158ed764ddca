"""SMS by Amazon SNS. SNS knows no ids of ours: a repeat after a crash is sent a second time."""

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.notifications.rules import Notice, SenderDown, Undeliverable

# Publish's own errors about one number (Amazon SNS API Reference, Publish): no repeat changes them.
_NEVER = {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "OptedOut", "OptedOutException"}


class SnsSender:
    """See `notifications.ports.Sender`."""

    def send(self, notice: Notice, to: str) -> None:
        kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        try:
            aws.client("sns").publish(PhoneNumber=to, Message=notice.body, MessageAttributes=kind)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            # The provider's own message repeats the number.
            raise (Undeliverable if code in _NEVER else SenderDown)(f"sns: {code}") from error
        except BotoCoreError as error:
            raise SenderDown(f"sns: {type(error).__name__}") from error
