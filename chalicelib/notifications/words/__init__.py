"""The variables of notices' texts: what a message's kind of text may name, and where it is read.

shop: its name in the reader's language. what: the lines of an order, each with its local time. amount: what the
customer paid, asks back, what the merchant gets. title: of the coupon. refunded: what went back. given: what goes back
of a claim. lines: how many. stars: 1 to 5. number: as it is called, such as A012. ahead: how many wait in front. until:
by when it is to be paid, or a review to be written, by the shop's clock; a licence's last day; when a coupon ends.
arrived, returned: what of a payout did, and did not. by: until when the bank wants evidence, by the shop's clock, or
soon. end: last digits of an account. after: from when on money goes there, by the merchant's clock. device: what signed
in, as far as it can be told. place: the country, or none that is known. factor: what kind of second factor. left: how
many recovery codes. at: when, by the clock of most who read the language. role: what somebody is asked to be, or was.
way: a kind of sign-in. host: of an address that gets events no more. why: for what reason. text:
what a merchant wrote to many. coupon: what its coupons are called, or nothing. list: how many
of each kind. reason: why a review was removed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.kit.i18n import Language
from chalicelib.kit.outbox import Message
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.words import digest, money, orders, people, places
from chalicelib.notifications.words.types import Words


@dataclass(frozen=True)
class Source:
    """Where the variables of a message's texts come from.

    Attributes:
        read: reads what a message speaks of.
        names: the variables, in every language the same.
    """

    read: Callable[[NotificationPorts, Message], Words]
    names: frozenset[str]


def _source(read: Callable[[NotificationPorts, Message], Words], *names: str) -> Source:
    return Source(read, frozenset(names))


WORDS: Mapping[str, Source] = {
    "account": _source(money.of_account, "end", "after"),
    "login": _source(people.of_login, "device", "place", "at"),
    "factor": _source(people.of_factor, "factor", "left"),
    "team": _source(people.of_team, "role"),
    "identity": _source(people.of_identity, "way"),
    "order": _source(orders.of_order, "shop", "what", "amount", "refunded"),
    "privacy": _source(people.of_privacy),
    "claim": _source(orders.of_claim, "shop", "what", "amount", "given"),
    "coupon": _source(places.of_coupon, "title"),
    "coupon.expiring": _source(places.of_expiring_coupon, "title", "until"),
    "digest": _source(digest.of_digest, "list"),
    "settlement": _source(money.of_settlement, "lines", "amount"),
    "payout": _source(money.of_payout, "amount", "arrived", "returned"),
    "dispute": _source(orders.of_dispute, "shop", "what", "amount", "by"),
    "vetting": _source(money.of_vetting, "until"),
    "review": _source(places.of_review, "shop", "stars"),
    "review.awaited": _source(places.of_awaited_review, "shop", "until"),
    "review.guest_awaited": _source(places.of_awaited_review, "shop", "until"),
    "moderation": _source(places.of_moderation, "shop", "reason"),
    "queue": _source(places.of_queue, "shop", "number", "ahead"),
    "wait": _source(orders.of_wait, "shop", "what", "amount", "until"),
    "webhook": _source(people.of_webhook, "host", "why"),
    "visit": _source(orders.of_visit, "shop", "what"),
    "outreach": _source(places.of_outreach, "shop", "text", "coupon"),
}
"""By a message's type, or by what stands before its first dot."""


def source(message_type: str) -> Source:
    """Return where the variables of a message's texts come from; KeyError where nobody said."""
    return WORDS.get(message_type) or WORDS[message_type.partition(".")[0]]


def words(ports: NotificationPorts, message: Message) -> Callable[[Language], Mapping[str, str]]:
    """Read what a message's texts name.

    Raises:
        NotFound: what it speaks of is not there.
    """
    told = source(message.type).read(ports, message)
    return lambda language: {name: str(word) for name, word in told(language).items()}
