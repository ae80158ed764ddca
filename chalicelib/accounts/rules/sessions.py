"""A signed-in device, and the tokens that keep it so."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.accounts.rules.codes import same
from chalicelib.kit.errors import SessionOver
from chalicelib.kit.i18n import Language

SESSION_LIFE = timedelta(days=30)  # since the last refresh
LONGEST_SESSION = timedelta(days=180)  # since they signed in, however often it was refreshed
GRACE = timedelta(seconds=60)  # in which the refresh token just replaced is still answered: two repeats after a 503
LONGEST_AGENT = 200  # characters


@dataclass(frozen=True)
class Visitor:
    """Who asks to be let in, as far as a request tells.

    Attributes:
        language: of the answers.
        source_ip: where the request came from.
        device: the header X-Device-Id as it came.
        agent: the header User-Agent, cut short.
        headers: of the request, lower case: what a distribution in front says of where it came from.
        consent: what a new account agrees to: versions by purpose, see `privacy.ports.Purpose`; None where nothing was
            said.
    """

    language: Language
    source_ip: str = field(default="", repr=False)
    device: str | None = field(default=None, repr=False)
    agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    consent: Mapping[str, str] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Session:
    """One signed-in device; each refresh is a generation.

    Attributes:
        account_id: whose.
        id: `ses_...`.
        epoch: the account's when it was opened.
        generation: of the refresh token that is good now.
        refreshed_at: when that was issued.
        opened_at: when they signed in.
        methods: how they proved who they are, see `kit.auth.Actor`.
        agent: the program that they signed in with.
        device: the index of the device that they signed in on; None where it was not named.
    """

    account_id: str
    id: str
    epoch: int
    generation: int
    refreshed_at: datetime
    opened_at: datetime
    methods: tuple[str, ...]
    agent: str | None = None
    device: str | None = None

    @property
    def ends_at(self) -> datetime:
        """When it is over, if nobody ends or refreshes it."""
        return min(self.refreshed_at + SESSION_LIFE, self.opened_at + LONGEST_SESSION)


class Superseded(Exception):  # noqa: N818 - a state of affairs: what it means is the use case's to decide
    """A refresh token is not the one that is good now.

    Attributes:
        standing: the session as it stands, None where there is none.
    """

    def __init__(self, standing: Session | None) -> None:
        super().__init__("not the present refresh token")
        self.standing = standing


@dataclass(frozen=True)
class RefreshTokens:
    """Makes and reads refresh tokens: `key id.account.session.generation.MAC`.

    A token is a function of its session and generation: clients that refresh at the same time with the same token are
    all given the same next one, and nothing that is stored could be used as a token.

    Args:
        keys: every key that is still accepted, by id.
        current: the id of the key that signs.
    """

    keys: Mapping[str, str] = field(repr=False)
    current: str

    def issue(self, account_id: str, session_id: str, generation: int) -> str:
        """Return the token of one generation of a session."""
        body = f"{self.current}.{account_id}.{session_id}.{generation}"
        return f"{body}.{self._mac(self.current, body)}"

    def read(self, token: str) -> tuple[str, str, int]:
        """Return account id, session id and generation.

        Raises:
            SessionOver: not a token of ours.
        """
        body, _, mac = token.rpartition(".")
        key_id = body.partition(".")[0]
        if key_id not in self.keys or not token.isascii() or not same(mac, self._mac(key_id, body)):
            raise SessionOver
        _, account_id, session_id, generation = body.split(".")
        return account_id, session_id, int(generation)

    def _mac(self, key_id: str, body: str) -> str:
        # The prefix keeps these MACs apart from anything else that is signed with the key.
        return hmac.digest(self.keys[key_id].encode(), f"refresh|{body}".encode(), hashlib.sha256).hex()


def within_grace(standing: Session, generation: int, now: datetime) -> bool:
    """Say whether a superseded token was replaced just now: an honest client that refreshed twice at once."""
    return standing.generation == generation + 1 and now - standing.refreshed_at <= GRACE
