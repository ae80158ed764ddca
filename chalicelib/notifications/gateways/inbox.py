"""A development inbox that catches letters instead of sending them; it drops an id that it has."""

import json
import urllib.error
import urllib.request

from chalicelib.notifications.ports import Channel, Letter, SenderDown

_SECONDS = 5


class InboxSender:
    """See `notifications.ports.Sender`.

    Args:
        url: where the inbox is, without a trailing slash.
        channel: what it stands in for.
    """

    def __init__(self, url: str, channel: Channel) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("the inbox speaks HTTP")
        self._url, self._channel = f"{url.rstrip('/')}/messages", channel

    def send(self, letter: Letter, to: str) -> str | None:
        said = {
            "id": letter.id,
            "channel": self._channel.value,
            "to": to,
            "subject": letter.title,
            "body": letter.body,
            "kind": letter.kind,
            "language": letter.language,
            "html": letter.html,
            "link": letter.link,
            "unsubscribe": letter.unsubscribe,
        }
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            self._url,
            data=json.dumps(said, ensure_ascii=False).encode(),
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
        return letter.id
