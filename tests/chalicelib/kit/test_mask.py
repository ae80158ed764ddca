"""What is hidden in a log line, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.mask import mask, masked

PERSONAL = {
    "E.164": ("call +8613812345678 now", "138123456"),
    "E.164 with gaps": ("call +86 138 1234 5678 now", "1234 56"),
    "E.164 with dashes": ("call +1 (415) 555-2671 now", "555-26"),
    "00": ("0086 13812345678", "138123456"),
    "mobile": ('{"to": "13812345678"}', "138123456"),
    "mobile with gaps": ("138 1234 5678", "1234 56"),
    "mobile with dashes": ("打138-1234-5678", "1234-56"),
    "landline": ("(021) 62345678 or 0755-83456789", "345678"),
    "e-mail": ("mail li.wei+shop@example.com.cn please", "li.wei"),
    "e-mail of letters beyond ASCII": ("张伟@example.com", "张伟"),
    "token": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-bmF0", "eyJzdWIi"),
    "token that nobody signed": ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "eyJzdWIi"),
    "bearer": ("Authorization: Bearer abcdefgh12345678", "abcdefgh"),
    "basic": ("basic QWxhZGRpbjpvcGVuc2VzYW1l", "QWxh"),
    "secret key": ("key sk_test_4eC39HqLyjWDarjtT1zdp7dc", "4eC39"),
    "secret key in the letters of our ids": ("sk_4ec39hqvyjwdarjtt1zdp7dc00", "4ec39"),
    "refresh token": ("1.acc_01jd3x9k.ses_01jd3x9k.12." + "0123456789abcdef" * 4, "89abcdef"),
    "IBAN": ("to DE89370400440532013000.", "37040044"),
    "IBAN in groups": ("GB82 WEST 1234 5698 7654 32", "WEST"),
    "card": ("4242424242424242", "42424242"),
    "card in groups": ("6222 0200 0000 0000 000", "0200"),
    "resident": ("id 11010519491231002X", "19491231"),
    "position": ("near 31.230416,121.473701", "31.2304"),
    "position with signs": ("at -33.8688 / +151.2093", "33.8688"),
}


@pytest.mark.parametrize(("text", "hidden"), PERSONAL.values(), ids=PERSONAL)
def test_what_has_a_form_is_hidden_wherever_it_stands(text, hidden):
    assert hidden in text
    assert hidden not in mask(text)
    assert "***" in mask(text)
    assert mask(mask(text)) == mask(text)
    assert hidden not in str(masked({"a": [{"b": (text,)}], text: 1}))


@pytest.mark.parametrize(
    "text",
    [
        "order ord_01jd8x2n7v4k9x3c6z0b8d1f2g", "2030-05-01T09:30:00+08:00", "2030-05-01 04:00:00,123+0000", "1+2345",
        "pi_3MtwBw", "a@b", "DE00370400440532013000", "4242424242424241", "1700000000000", "1-5759e988-bd862e3fe1be46a994272793",
        "use_cases.py:190", "31.23", "1.2.3.4", "ms 12.345678", "200", "arn:aws:kms:ap-southeast-1:000000000000:key/1234abcd-12ab",
        "basic auth", "12345678901", "91310106MA1FY0000X", "0.5 0.25", "4200001234202001011234567890",
    ],
)  # fmt: skip
def test_other_text_stays(text):
    assert mask(text) == text


def test_fields_are_hidden_by_name_and_numbers_stay_numbers():
    told = {
        "lat": 31.2304,
        "lon": 121.4737,
        "phone": 1,
        "token": None,
        "amount": 13812345678,
        "ok": True,
        "n": {"lng": "1"},
    }
    assert masked(told) == {
        "lat": "***", "lon": "***", "phone": "***", "token": None, "amount": 13812345678, "ok": True, "n": {"lng": "***"},
    }  # fmt: skip
    assert masked(ValueError("+8613812345678")) == "+***78"


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "+86", "+86 ", "0086"]))
def test_no_chinese_mobile_is_told(phone, before):
    assert phone not in mask(f"to {before}{phone}, twice")


@given(st.text())
def test_nothing_breaks_it(text):
    assert mask(mask(text)) is not None
