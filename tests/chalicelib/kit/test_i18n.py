import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.i18n import Text, choose


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-TW,en;q=0.1", "zh-CN"),
        ("en-GB, zh;q=0.9", "en"),
        ("en;q=0.3, zh-CN;q=0.7", "zh-CN"),
        ("fr, zh;q=0.5", "zh-CN"),
        ("fr, de", "en"),
        ("*", "en"),
        ("zh;q=0", "en"),
        ("zh;q=0, *", "en"),
        ("zh;q=high, en", "en"),
        ("zh; q=0.8, en; q=0.9", "en"),
        ("ZH-hans", "zh-CN"),
    ],
)
def test_the_preferred_language_is_chosen(header, language):
    assert choose(header) == language


@pytest.mark.parametrize(
    ("header", "offered", "language"),
    [
        (None, ("zh-CN", "en"), "zh-CN"),
        ("fr", ("zh-CN", "en"), "zh-CN"),
        ("*", ("zh-CN", "en"), "zh-CN"),
        ("en", ("zh-CN", "en"), "en"),
        ("zh-CN", ("en",), "en"),
        ("en", ("zh-CN",), "zh-CN"),
    ],
)
def test_nobody_is_answered_in_a_language_that_is_not_offered(header, offered, language):
    assert choose(header, offered) == language


@given(st.text(max_size=60))
def test_no_header_breaks_it(header):
    assert choose(header) in {"en", "zh-CN"}


def test_a_text_takes_parameters_in_both_languages():
    text = Text("At most {limit}.", "最多 {limit}。")
    assert text.render("en", limit=3) == "At most 3."
    assert text.render("zh-CN", limit=3) == "最多 3。"
    assert Text("{language}", "{language}").render("en", language="x") == "x"
