"""Mail by Amazon SES (API v2). SES knows no ids of ours: a repeat after a crash is sent a second time.

SES builds the message: we give it a subject, both bodies and a few headers, so that no text of ours is a part of the
message's form. What could end a header's line is refused all the same, where it came from a template (RFC 5322, 2.2).
"""

import re
from datetime import timedelta
from email.utils import formataddr

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.kit.i18n import Text
from chalicelib.notifications.ports import AddressGone, Letter, SenderDown, Undeliverable

# SendEmail's own errors about one letter (Amazon SES API v2 Reference, SendEmail): no repeat changes them. What is not
# here passes (TooManyRequests, LimitExceeded: the quota of 24 hours), or is the operator's to mend (AccountSuspended,
# SendingPaused, MailFromDomainNotVerified, NotFound: the configuration set).
_NEVER = {"BadRequestException", "MessageRejected"}
_WAITS = {"TooManyRequestsException": 5, "LimitExceededException": 600}
_NAME = Text("Linli", "邻里")
_BREAKS = re.compile(r"[\r\n\t\v\f\x00-\x1f\x7f\x85\u2028\u2029]+")
_ONE_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,254}", re.ASCII)
_LINK = re.compile(r"https://[!-;=?-~]{1,840}")  # printable ASCII without < and >, as long as SES takes a header
_MOST_SUBJECT = 200  # characters; readers show fewer


class SesSender:
    """See `notifications.ports.Sender`.

    Args:
        sender: the address that mail comes from.
        configuration_set: at SES: it is what tells bounces and complaints; None for the account's own.
    """

    def __init__(self, sender: str, configuration_set: str | None = None) -> None:
        self._sender, self._set = sender, configuration_set

    def send(self, letter: Letter, to: str) -> str | None:
        if not _ONE_ADDRESS.fullmatch(to) or "@" not in to:
            raise AddressGone("ses: not an address")
        try:
            answer = aws.client("sesv2").send_email(**self.request(letter, to))
        except (ClientError, BotoCoreError) as error:
            code = aws.reason(error)
            # The provider's own message may repeat the address.
            if code in _NEVER:
                raise Undeliverable(f"ses: {code}") from error
            wait = timedelta(seconds=_WAITS[code]) if code in _WAITS else None
            raise SenderDown(f"ses: {code}", wait) from error
        return str(answer["MessageId"])

    def request(self, letter: Letter, to: str) -> dict[str, object]:
        """Return what SendEmail is asked."""
        body = {"Text": _content(letter.body)} | ({"Html": _content(letter.html)} if letter.html else {})
        simple = {"Subject": _content(_subject(letter.title)), "Body": body, "Headers": headers(letter)}
        asked: dict[str, object] = {
            "FromEmailAddress": formataddr((_NAME.render(letter.language), self._sender)),
            "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": simple},
            "EmailTags": [{"Name": "kind", "Value": re.sub(r"[^\w-]", "_", letter.kind, flags=re.ASCII)}],
        }
        if self._set:
            asked["ConfigurationSetName"] = self._set
        return asked


def headers(letter: Letter) -> list[dict[str, str]]:
    """Return the headers that we add. Whoever may leave is told how, by one click (RFC 8058); an address to leave by
    that could end the line is left out, and the mail goes without.
    """
    told = {
        "Content-Language": letter.language,
        "Auto-Submitted": "auto-generated",  # nobody's holiday notice answers it (RFC 3834)
        "X-Entity-Ref-ID": letter.id,  # mail readers put no two of these into one conversation
    }
    if letter.unsubscribe and _LINK.fullmatch(letter.unsubscribe):
        told["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        told["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return [{"Name": name, "Value": value} for name, value in told.items()]


def _subject(title: str) -> str:
    return _BREAKS.sub(" ", title).strip()[:_MOST_SUBJECT]


def _content(words: str) -> dict[str, str]:
    return {"Data": words, "Charset": "UTF-8"}
