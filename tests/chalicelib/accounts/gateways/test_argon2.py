from argon2 import PasswordHasher

from chalicelib.accounts.gateways import argon2
from chalicelib.accounts.gateways.argon2 import Argon2Passwords
from infra.common_passwords import packed

PASSWORDS = Argon2Passwords()
PARAMETERS = "$argon2id$v=19$m=19456,t=2,p=1$"


def test_a_password_is_hashed_with_a_salt_of_its_own():
    one, other = PASSWORDS.hash("seven quiet herons"), PASSWORDS.hash("seven quiet herons")
    assert one.startswith(PARAMETERS)
    assert one != other
    assert PASSWORDS.matches(one, "seven quiet herons")
    assert not PASSWORDS.matches(one, "seven quiet heron")
    assert not PASSWORDS.is_stale(one)


def test_what_was_hashed_with_less_still_matches_and_is_stale():
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("seven quiet herons")
    assert PASSWORDS.matches(old, "seven quiet herons")
    assert PASSWORDS.is_stale(old)


def test_nobodys_password_costs_as_much_and_is_never_right():
    assert argon2._NOBODYS.startswith(PARAMETERS)
    assert not PASSWORDS.is_stale(argon2._NOBODYS)
    assert not PASSWORDS.matches(None, "seven quiet herons")


def test_the_commonest_are_known_whatever_their_capitals():
    for word in ("password", "PassWord", "12345678", "1qaz2wsx", "football", "iloveyou"):
        assert PASSWORDS.is_common(word), word
    assert not PASSWORDS.is_common("seven quiet herons")
    assert len(argon2._common()) > 11_000


def test_the_list_is_made_of_what_is_long_enough():
    made = packed(["short\n", "password\n", "PASSWORD\n", "letmein123\n"])
    assert made == b"".join(sorted([argon2.digest("password"), argon2.digest("letmein123")]))
