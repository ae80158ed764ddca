"""Filling addresses in: every question costs the operator money, so each account has a budget, counted beforehand."""

from collections.abc import Sequence

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.i18n import Language
from chalicelib.profiles.ports import Found, Geocoder, Position, ProfilePorts, Suggestion
from chalicelib.profiles.problems import GeocoderDown


def suggest(
    ports: ProfilePorts, actor: Actor, text: str, near: Position | None, language: Language
) -> Sequence[Suggestion]:
    """Return what a text that the caller types may mean, the likeliest first.

    Raises:
        AskedEnough: the caller's budget is used up.
        GeocoderDown: the provider does not answer, or this deployment has none.
    """
    return _geocoder(ports, actor).suggest(text, near, language)


def locate(ports: ProfilePorts, actor: Actor, position: Position, language: Language) -> Found:
    """Return the address at a position.

    Raises:
        NotFound: there is none.
        AskedEnough, GeocoderDown: as `suggest`.
    """
    found = _geocoder(ports, actor).resolve(position, language)
    if found is None:
        raise NotFound("address")
    return found


def _geocoder(ports: ProfilePorts, actor: Actor) -> Geocoder:
    if ports.geocoder is None:
        raise GeocoderDown
    ports.shelf.spend(actor.account_id, ports.clock.now())
    return ports.geocoder()
