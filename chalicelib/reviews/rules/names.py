"""What is shown of a review's author."""

import unicodedata


def abbreviated(name: str | None) -> str | None:
    """Return as much of a person's name as the public sees: `J.`, and `张*` where a family name comes first.

    Han, kana and hangul are written without capitals, and what comes first there is the family name.
    """
    visible = (name or "").strip()
    if not visible or not visible[0].isalpha():
        return None
    first = visible[0]
    is_east_asian = unicodedata.name(first, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
    return f"{first}*" if is_east_asian else f"{first.upper()}."
