"""A development inbox that catches SMS instead of sending them; it drops an id that it has."""

import json
import urllib.error
import urllib.request

from chalicelib.notifications.rules import Notice, SenderDown

_SECONDS = 5


class InboxSender:
    """See `notifications.ports.Sender`.

    Args:
        url: where the inbox is, without a trailing slash.
    """

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("the inbox speaks HTTP")
        self._url = f"{url.rstrip('/')}/messages"

    def send(self, notice: Notice, to: str) -> None:
        letter = {
            "id": notice.id,
            "channel": notice.channel.value,
            "to": to,
            "body": notice.body,
            "kind": notice.kind,
        }
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            self._url,
            data=json.dumps(letter, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310 - as above
                pass
        except OSError as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            raise SenderDown(f"inbox: {error}") from error
