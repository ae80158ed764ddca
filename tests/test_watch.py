"""The watch over personal data sees what it is there to see."""

import logging

import pytest

from chalicelib import wiring
from chalicelib.accounts import use_cases
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.observability import log
from tests import watch

PHONE = "+8613900000009"


def found():
    """Return what was found until now, and forget it, for this test is to pass."""
    seen, watch.FOUND[:] = list(watch.FOUND), []
    return seen


def test_what_a_use_case_sealed_is_looked_for_in_every_line(tables):
    account = use_cases.grant_role(wiring.accounts(), Role.CUSTOMER, phone_text=PHONE)
    use_cases.change_profile(wiring.accounts(), one_self(account), name="欧阳修")
    assert found() == []
    log.info("told", greeting="你好，欧阳修！")
    (leak,) = found()
    assert leak.startswith("logged: '欧阳修' in {")
    log.error("failed", exc_info=ValueError("no 欧阳修 here"))
    assert found()
    logging.getLogger("botocore.retries").warning("cannot sign %s", "欧阳修")
    assert found() == ["botocore.retries logged: '欧阳修' in cannot sign 欧阳修"]
    log.info("told", account_id=account.id)
    logging.getLogger("botocore.retries").info("欧阳修")  # Lambda keeps warnings of libraries
    assert found() == []


def one_self(account):
    return Actor(account.id, account.roles, "ses_1")


def test_a_mask_that_is_taken_away_is_missed(monkeypatch):
    log.info("told", to=PHONE)
    assert found() == []
    monkeypatch.setattr("chalicelib.kit.observability.masked", lambda fields: fields)
    log.info("told", to=PHONE)
    (leak,) = found()
    assert "something that masks know" in leak


def test_an_id_that_looks_like_a_number_is_none():
    ours = '"request_id":"8c7ba43f-0045-4123-9012-345678901234"'
    assert watch.mask.mask(ours) != ours
    assert watch.leaks(f'{{{ours},"status":200}}', []) == []
    assert watch.leaks(f'{{{ours},"to":"{PHONE}"}}', []) != []


def test_a_seal_for_a_place_that_is_not_registered_is_found(tables):
    watch._check("calendars|cal_1|url")
    assert found() == []
    watch._check("calendars|cal_1|title")
    (problem,) = found()
    assert "calendars|cal_1|title is in no SEALED" in problem


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (PHONE, [PHONE]),
        (f"{PHONE}|123456", [PHONE, "123456"]),
        ("张伟", ["张伟"]),
        ("伟", []),
        ("en", []),
        ("127.0.0.1", []),
        ('{"holder": "阿玲", "number": "DE89370400440532013000", "version": 1}', ["阿玲", "DE89370400440532013000"]),
        ("12345", ["12345"]),
    ],
)
def test_what_is_looked_for(text, values):
    assert list(watch.personal(text)) == values


def test_a_number_is_looked_for_whole():
    assert watch.leaks("code 123456.", ["123456"]) == ["123456"]
    assert watch.leaks("ord_1234567", ["123456"]) == []
