"""Codes by mail through Amazon SES.

The account's sandbox, its sending limits and the identity that is written from are settings of SES, not of this code.
"""

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.accounts.rules import CODE_TEXT, CODE_TITLE, CodeNotSent
from chalicelib.kit import aws
from chalicelib.kit.i18n import Language, Text
from chalicelib.kit.observability import log


class SesCodeSender:
    """See `ports.CodeSender`.

    Args:
        sender: the address that mail comes from.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender

    def send(self, to: str, code: str, language: Language, text: Text = CODE_TEXT) -> None:
        subject, body = (_content(one.render(language, code=code)) for one in (CODE_TITLE, text))
        try:
            aws.client("sesv2").send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={"Simple": {"Subject": subject, "Body": {"Text": body}}},
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("code not sent", reason=aws.reason(error))
            raise CodeNotSent from None


def _content(words: str) -> dict[str, str]:
    return {"Data": words, "Charset": "UTF-8"}
