"""Makes the list of the commonest passwords that nobody may choose: `python -m infra.common_passwords < words`.

A password a line; those that are too short to be chosen anyway are left out. The list that is shipped was made of the
30,000 passwords in zxcvbn's frequency list (package `zxcvbn`, MIT licence).
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from chalicelib.accounts.gateways import argon2
from chalicelib.accounts.rules import SHORTEST_PASSWORD, normal_password

TARGET = Path(argon2.__file__).with_name("common_passwords.bin")


def packed(words: Iterable[str]) -> bytes:
    """Return the list as it is shipped."""
    chosen = (normal_password(word.strip()) for word in words)
    return b"".join(sorted({argon2.digest(word) for word in chosen if len(word) >= SHORTEST_PASSWORD}))


if __name__ == "__main__":
    TARGET.write_bytes(packed(sys.stdin))
    sys.stdout.write(f"{TARGET.name}: {TARGET.stat().st_size // argon2.DIGEST_BYTES} passwords\n")
