"""Codes by text message through Amazon SNS.

The account's SMS sandbox, spending limit and origination identities are settings of SNS, not of this code.
"""

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.accounts.rules import CODE_TEXT, CodeNotSent
from chalicelib.kit import aws
from chalicelib.kit.i18n import Language, Text
from chalicelib.kit.observability import log
from chalicelib.kit.texting import SnsTexts


class SnsCodeSender:
    """See `ports.CodeSender`."""

    def __init__(self, texts: SnsTexts | None = None) -> None:
        self._texts = texts or SnsTexts()

    def send(self, to: str, code: str, language: Language, text: Text = CODE_TEXT) -> None:
        try:
            aws.client("sns").publish(
                PhoneNumber=to,
                Message=text.render(language, code=code),
                MessageAttributes=self._texts.attributes(),
            )
        except (BotoCoreError, ClientError) as error:
            # Its text may repeat the number; its name says enough.
            log.warning("code not sent", reason=aws.reason(error))
            raise CodeNotSent from None
