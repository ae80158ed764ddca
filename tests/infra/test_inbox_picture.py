from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.notifications import templates
from infra import inbox_picture
from infra.inbox_picture import KIND, PICTURE, WORDS, Blocks, broken, wide

_SVG = "{http://www.w3.org/2000/svg}"


def texts():
    root = ET.fromstring(inbox_picture.picture())
    return [one.text for one in root.iter(f"{_SVG}text")]


def test_the_picture_that_is_kept_is_todays():
    assert PICTURE.read_text(encoding="utf-8") == inbox_picture.picture(), "make inbox-picture"


@pytest.mark.parametrize("language", WORDS)
def test_it_shows_what_senders_are_given(language):
    shown = "".join(texts()).replace(" ", "")
    words = WORDS[language]
    html = templates.mail(
        KIND, language, words, link="https://app.example.com/1", unsubscribe="https://example.com/out"
    )
    told = [templates.text_message(KIND, language, words), templates.body(KIND, language, words)]
    told += [block for _, block in Blocks(html).found]
    assert all(one.replace(" ", "") in shown for one in told)


def test_nothing_stands_outside_of_it():
    root = ET.fromstring(inbox_picture.picture())
    width, height = float(root.get("width")), float(root.get("height"))
    for one in root:
        x, y = float(one.get("x") or 0), float(one.get("y") or 0)
        right = x + float(one.get("width") or wide(one.text or "") * float(one.get("font-size") or 0))
        assert 0 <= x <= width
        assert right <= width + 1, one.text
        assert 0 <= y <= height


@given(st.text(st.sampled_from("ab 预订，。 "), max_size=80))
def test_lines_are_broken_and_nothing_is_lost(text):
    lines = list(broken(text, 200))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(wide(line) * 14 <= 200 or " " not in line for line in lines)
