import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import rules
from chalicelib.accounts.rules import Account, Contact, Identity, Kind, RefreshTokens, Session, SessionOver
from chalicelib.kit.errors import Invalid

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
TOKENS = RefreshTokens({"1": "k" * 32, "2": "l" * 32}, "2")
IDS = st.text(string.ascii_lowercase + string.digits + "_", min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("+8613800138000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_a_phone_is_kept_in_one_form(text, normal):
    assert rules.normal_phone(text) == normal


@pytest.mark.parametrize(
    "text", ["", "13800138000", "hello", "+86", "+8610086", "+862112345678", "+99912345678", "+1" * 99]
)
def test_what_cannot_receive_a_code_is_refused(text):
    with pytest.raises(Invalid) as refused:
        rules.normal_phone(text)
    assert refused.value.errors[0].field == "phone"


def test_codes_are_six_digits():
    codes = {rules.new_code() for _ in range(300)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 290


@given(IDS, IDS, st.integers(1, 10**9))
def test_a_refresh_token_says_what_it_was_made_of(account_id, session_id, generation):
    token = TOKENS.issue(account_id, session_id, generation)
    assert TOKENS.read(token) == (account_id, session_id, generation)
    assert RefreshTokens(TOKENS.keys, "1").read(token) == (account_id, session_id, generation)


@given(st.text(max_size=80))
def test_nonsense_is_no_refresh_token(text):
    with pytest.raises(SessionOver):
        TOKENS.read(text)


@given(st.data())
def test_an_altered_refresh_token_is_none(data):
    token = TOKENS.issue("acc_1", "ses_1", 7)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters())
    if letter != token[at]:
        with pytest.raises(SessionOver):
            TOKENS.read(token[:at] + letter + token[at + 1 :])


def test_a_token_of_a_retired_key_is_none():
    with pytest.raises(SessionOver):
        RefreshTokens({"2": "l" * 32}, "2").read(RefreshTokens(TOKENS.keys, "1").issue("acc_1", "ses_1", 1))


@pytest.mark.parametrize(
    ("generation", "seconds", "admitted"), [(3, 0, True), (3, 60, True), (3, 61, False), (2, 0, False), (4, 0, False)]
)
def test_only_the_token_just_replaced_has_grace(generation, seconds, admitted):
    standing = Session("acc_1", "ses_1", 0, 4, NOW, NOW, ("sms",))
    assert rules.within_grace(standing, generation, NOW + timedelta(seconds=seconds)) is admitted


def test_phone_and_name_do_not_stand_in_a_repr():
    account = Account("acc_1", (Identity(Kind.PHONE, "+8613800138000", NOW),), "王小明", "en", frozenset(), 1, NOW)
    contact = Contact("acc_1", "+8613800138000", "王小明", "en")
    assert "138" not in repr(account) + repr(contact)
    assert "王" not in repr(account) + repr(contact)


def test_the_first_language_goes_by_the_country():
    assert (rules.first_language("+8613800138000"), rules.first_language("+14155552671")) == ("zh-CN", "en")
    assert rules.first_language("+8613800138000", ("en",)) == "en"
    assert rules.first_language("+491701234567", ("zh-CN", "en")) == "zh-CN"
