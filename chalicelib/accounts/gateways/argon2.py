"""Passwords by argon2id, and which are the commonest.

`common_passwords.bin` holds, sorted, five bytes of the SHA-256 of each password of eight letters or more that is among
the 30,000 commonest which zxcvbn knows (MIT licence; `infra.common_passwords` makes it). A password that is not among
them is taken for one of them once in a hundred million times.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1  # OWASP Password Storage Cheat Sheet, argon2id
DIGEST_BYTES = 5
_COMMON = Path(__file__).with_name("common_passwords.bin")
# Of a password that nobody knows, with the parameters above: looking at it takes as long as at anybody's.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$HvAa9T3QovG5yzneb0O2oQ$+y9Vs5ufTFpPEsZfM/c8c7A3LefKuKg6hRuSNbUGhow"


class Argon2Passwords:
    """See `ports.Passwords`."""

    def hash(self, password: str) -> str:
        made: str = _hasher().hash(password)
        return made

    def matches(self, phc: str | None, password: str) -> bool:
        from argon2.exceptions import VerifyMismatchError

        try:
            _hasher().verify(phc or _NOBODYS, password)
        except VerifyMismatchError:
            return False
        return phc is not None

    def is_stale(self, phc: str) -> bool:
        stale: bool = _hasher().check_needs_rehash(phc)
        return stale

    def is_common(self, password: str) -> bool:
        return digest(password) in _common()


def digest(password: str) -> bytes:
    """Return what stands for a password in the list of the commonest; capitals make no difference."""
    return hashlib.sha256(password.casefold().encode()).digest()[:DIGEST_BYTES]


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher  # its C library: only who signs in by password needs it

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


@cache
def _common() -> frozenset[bytes]:
    packed = _COMMON.read_bytes()
    return frozenset(packed[at : at + DIGEST_BYTES] for at in range(0, len(packed), DIGEST_BYTES))
