"""The topic of receipts: what its messages were signed with, and that we want them."""

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.kit.addresses import AddressRefused
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.outbound import Outbound, Question, TooMuch, Unreachable

_MOST_BYTES, _MOST_KEPT = 32 * 1024, 8
_OK = 200


class SigningCertificates:
    """See `reach.ports.Certificates`; each is fetched once by a container. The address was checked to be SNS's own, and
    who answers there has to prove it (TLS).
    """

    def __init__(self, outbound: Outbound | None = None) -> None:
        self._outbound = outbound or Outbound(agent="linli", seconds=5.0)
        self._kept: dict[str, bytes] = {}

    def __call__(self, address: str) -> bytes:
        if address not in self._kept:
            try:
                answer = self._outbound.send(address, Question(most_bytes=_MOST_BYTES))
            except (AddressRefused, Unreachable, TooMuch) as error:
                raise Unavailable(retry_after=5) from error
            if answer.status != _OK:
                raise Unavailable(retry_after=5)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[address] = answer.body
        return self._kept[address]


def confirming(topic: str) -> Callable[[str], None]:
    """Return what confirms a topic's subscription by a token. Whoever unsubscribes it needs rights of ours."""

    def confirm(token: str) -> None:
        try:
            aws.client("sns").confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
        except (ClientError, BotoCoreError) as error:
            raise Unavailable(retry_after=5) from error

    return confirm
