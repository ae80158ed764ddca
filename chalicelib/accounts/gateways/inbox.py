"""Codes into the development inbox instead of onto phones."""

import urllib3

from chalicelib.accounts.rules import CODE_TEXT, CodeNotSent
from chalicelib.kit.i18n import Language

_SECONDS = 5.0


class InboxCodeSender:
    """See `ports.CodeSender`.

    Args:
        url: where the inbox is, without a trailing slash.
    """

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/messages"
        self._pool = urllib3.PoolManager(timeout=_SECONDS, retries=False)

    def send(self, phone: str, code: str, language: Language) -> None:
        message = {
            "kind": "login_code",
            "channel": "sms",
            "to": phone,
            "language": language,
            "body": CODE_TEXT.render(language, code=code),
            "code": code,
        }
        try:
            answer = self._pool.request("POST", self._url, json=message)
        except urllib3.exceptions.HTTPError as error:
            raise CodeNotSent from error
        if answer.status >= 300:  # noqa: PLR2004 - everything but success
            raise CodeNotSent
