"""Codes by text message through Amazon SNS.

The account's SMS sandbox, spending limit and origination identities are settings of SNS, not of this code.
"""

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.accounts.rules import CODE_TEXT, CodeNotSent
from chalicelib.kit import aws
from chalicelib.kit.i18n import Language
from chalicelib.kit.observability import log


class SnsCodeSender:
    """See `ports.CodeSender`."""

    def send(self, phone: str, code: str, language: Language) -> None:
        try:
            aws.client("sns").publish(
                PhoneNumber=phone,
                Message=CODE_TEXT.render(language, code=code),
                MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
            )
        except (BotoCoreError, ClientError) as error:
            # Its text may repeat the number; its name says enough.
            log.warning("code not sent", reason=_name(error))
            raise CodeNotSent from None


def _name(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    return type(error).__name__
