"""Mail by Amazon SES. SES knows no ids of ours: a repeat after a crash is sent a second time."""

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.notifications.ports import Letter, SenderDown, Undeliverable

# SendEmail's own errors about one letter (Amazon SES API v2 Reference, SendEmail): no repeat changes them.
_NEVER = {"BadRequestException", "MessageRejected", "NotFoundException"}


class SesSender:
    """See `notifications.ports.Sender`.

    Args:
        sender: the address that mail comes from.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender

    def send(self, letter: Letter, to: str) -> str | None:
        subject, text = ({"Data": words, "Charset": "UTF-8"} for words in (letter.title, letter.body))
        try:
            answer = aws.client("sesv2").send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={"Simple": {"Subject": subject, "Body": {"Text": text}}},
            )
        except (ClientError, BotoCoreError) as error:
            code = aws.reason(error)
            # The provider's own message may repeat the address.
            raise (Undeliverable if code in _NEVER else SenderDown)(f"ses: {code}") from error
        return str(answer["MessageId"])
