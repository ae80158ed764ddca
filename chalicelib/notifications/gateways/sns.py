"""SMS by Amazon SNS. SNS knows no ids of ours: a repeat after a crash is sent a second time."""

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.notifications.ports import AddressGone, Letter, SenderDown, Undeliverable

# Publish's own errors about one number (Amazon SNS API Reference, Publish): no repeat changes them.
_NEVER = {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid"}
_GONE = {"OptedOut", "OptedOutException"}


class SnsSender:
    """See `notifications.ports.Sender`."""

    def send(self, letter: Letter, to: str) -> str | None:
        kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        try:
            answer = aws.client("sns").publish(PhoneNumber=to, Message=letter.body, MessageAttributes=kind)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            # The provider's own message repeats the number.
            meant = AddressGone if code in _GONE else Undeliverable if code in _NEVER else SenderDown
            raise meant(f"sns: {code}") from error
        except BotoCoreError as error:
            raise SenderDown(f"sns: {type(error).__name__}") from error
        return str(answer["MessageId"])
