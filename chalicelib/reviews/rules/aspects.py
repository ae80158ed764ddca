"""Which parts of a shop can be given stars, by its categories. No I/O.

Stars for the whole are given by the customer and not worked out of these: who was cut badly in a fine shop knows what
that is worth to them. An aspect that nobody gave stars is simply not shown.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Aspect(StrEnum):
    """A part that can be given stars; its name is a part of the rating row's attributes: never rename one."""

    SERVICE = "service"
    ENVIRONMENT = "environment"
    VALUE = "value"
    TASTE = "taste"
    SKILL = "skill"
    PUNCTUALITY = "punctuality"


_A = Aspect
_COMMON = (_A.SERVICE, _A.ENVIRONMENT, _A.VALUE)
_EATING = (_A.TASTE, *_COMMON)
_HANDS = (_A.SKILL, *_COMMON)
_AT_HOME = (_A.SKILL, _A.PUNCTUALITY, _A.SERVICE, _A.VALUE)

BY_CATEGORY: Mapping[str, tuple[Aspect, ...]] = {
    **dict.fromkeys(("food", "restaurant", "cafe", "bakery", "bar", "tea"), _EATING),
    **dict.fromkeys(("hair", "barber", "hair-care", "beauty", "nails", "spa", "massage", "tattoo"), _HANDS),
    **dict.fromkeys(("fitness", "yoga", "dance", "lessons", "photo", "dental", "pets"), _HANDS),
    **dict.fromkeys(("cleaning", "repair", "plumbing", "moving", "locksmith", "laundry"), _AT_HOME),
}
"""Categories are the merchants' own slugs; one that is not here has the common aspects."""


def aspects_of(categories: Iterable[str]) -> tuple[Aspect, ...]:
    """Return what can be given stars in a shop of these categories: those of each, in the order of the first."""
    found = [aspect for category in categories for aspect in BY_CATEGORY.get(category, _COMMON)]
    return tuple(dict.fromkeys(found or _COMMON))
