"""Codes into the development inbox instead of to phones and mailboxes."""

import urllib3

from chalicelib.accounts.rules import CODE_TEXT, CODE_TITLE, CodeNotSent
from chalicelib.kit.i18n import Language, Text

_SECONDS = 5.0


class InboxCodeSender:
    """See `ports.CodeSender`.

    Args:
        url: where the inbox is, without a trailing slash.
        channel: `sms` or `email`.
    """

    def __init__(self, url: str, channel: str) -> None:
        self._channel = channel
        self._url = f"{url.rstrip('/')}/messages"
        self._pool = urllib3.PoolManager(timeout=_SECONDS, retries=False)

    def send(self, to: str, code: str, language: Language, text: Text = CODE_TEXT) -> None:
        message = {
            "kind": "login_code",
            "channel": self._channel,
            "to": to,
            "language": language,
            "body": text.render(language, code=code),
            "code": code,
        }
        if self._channel == "email":
            message["subject"] = CODE_TITLE.render(language)
        try:
            answer = self._pool.request("POST", self._url, json=message)
        except urllib3.exceptions.HTTPError as error:
            raise CodeNotSent from error
        if answer.status >= 300:  # noqa: PLR2004 - everything but success
            raise CodeNotSent
