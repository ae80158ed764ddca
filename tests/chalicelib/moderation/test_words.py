"""What is suspicious about words, and what is not: people write of dates, prices and bookings."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.kit.folding import fold
from chalicelib.moderation.rules.reasons import Reason
from chalicelib.moderation.rules.words import forbidden, reasons

SUSPICIOUS = [
    ("加我微信 abc12345 有优惠", Reason.CONTACT),
    ("电话一三八零零一三八零零零", Reason.CONTACT),
    ("138-0013-8000 找小王", Reason.CONTACT),
    ("１３８ ００１３ ８０００", Reason.CONTACT),
    ("+86 138 0013 8000", Reason.CONTACT),
    ("021-62345678", Reason.CONTACT),
    ("vx:abcde_1", Reason.CONTACT),
    ("WhatsApp 85212345678", Reason.CONTACT),
    ("write to a.b@example.com", Reason.CONTACT),
    ("a.b (at) example (dot) com", Reason.CONTACT),
    ("扫码加微信领红包", Reason.CONTACT),
    ("scan my QR for a discount", Reason.CONTACT),
    ("see https://spam.example/x", Reason.LINK),
    ("big sale at spam . xyz", Reason.LINK),
    ("WWW.SPAM.COM", Reason.LINK),
    ("好好好好好好好好好好好", Reason.REPETITION),
    ("好吃好吃好吃好吃好吃好吃", Reason.REPETITION),
    ("hahahahahahahahaha", Reason.REPETITION),
    ("THIS IS THE WORST PLACE EVER", Reason.SHOUTING),
    ("退钱！！！！！！！！", Reason.SHOUTING),
    ("他妈的，难吃", Reason.FORBIDDEN),
    ("他 妈 的", Reason.FORBIDDEN),
    ("價格太貴，博彩平臺", Reason.FORBIDDEN),
    ("Fuck this", Reason.FORBIDDEN),
    ("what a sh1t place", Reason.FORBIDDEN),
    ("ＳＨＩＴ", Reason.FORBIDDEN),
]
HARMLESS = [
    "手艺很好，下次再来",
    "2026-11-28 下午 14:30 去的，花了 12800 元",
    "2026.11.28 went there, 1380 yuan for 2 people",
    "订单号 202611281234567 还没退款",
    "我们一行三人，二月去的，五星好评",
    "very very very good food, very very nice",
    "Scunthorpe is nice, and so is Mr.Smith",
    "I LOVE IT!",
    "Great!!! 😀😀😀😀😀😀",
    "……",
    "WiFi 很快，QQ 糖好吃",
    "",
]


@pytest.mark.parametrize(("text", "reason"), SUSPICIOUS)
def test_what_somebody_looks_at(text, reason):
    assert reason in reasons(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_nobody_looks_at(text):
    assert reasons(text) == ()


@given(st.sampled_from([word for words in forbidden() for word in words]), st.sampled_from(["", "很", "really "]))
def test_every_forbidden_word_is_found_in_any_form(word, before):
    for written in (word, word.upper(), " ".join(word) if not word.isascii() else word):
        assert Reason.FORBIDDEN in reasons(f"{before}，{written}。")


@example(951_234_567, "9", ["", "", "", "-", "-", "", " ", "", "", ""])
@given(
    st.integers(0, 10**8),
    st.sampled_from("3456789"),
    st.lists(st.sampled_from(["", " ", "-", ".", " - "]), min_size=10),
)
def test_every_mobile_number_is_found_however_it_is_parted(rest, second, parts):
    digits = f"1{second}{rest:09d}"
    written = "".join(one + part for one, part in zip(digits, [*parts, ""], strict=False))
    assert Reason.CONTACT in reasons(f"找我{written}吧")
    chinese = digits.translate(str.maketrans("0123456789", "零一二三四五六七八九"))
    assert Reason.CONTACT in reasons(f"打{chinese}")


@given(st.text(max_size=2_000))
def test_any_text_can_be_looked_at(text):
    assert set(reasons(text)) <= set(Reason)


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\u2060", "\u00ad", "\u034f", "\ufe0f", "\u0336"])
def test_signs_that_nobody_sees_hide_nothing(unseen):
    for text, reason in (
        ("加我微信 abc12345", Reason.CONTACT),
        ("13800138000", Reason.CONTACT),
        ("see spam.xyz", Reason.LINK),
        ("好" * 20, Reason.REPETITION),
        (min(forbidden()[0]), Reason.FORBIDDEN),
        (min(forbidden()[1]), Reason.FORBIDDEN),
    ):
        assert reason in reasons(unseen.join(text))


def test_the_words_are_folded_once_and_said_once():
    whole, anywhere = forbidden()
    assert len(whole) > 15
    assert len(anywhere) > 30
    assert all(fold(word) == word for word in (*whole, *anywhere))
