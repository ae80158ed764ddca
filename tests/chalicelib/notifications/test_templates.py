"""Every text of every kind is rendered, in both languages and for every channel, and looked at."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from string import Formatter
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.notifications import templates
from chalicelib.notifications.rules import AUDIENCE, Notice, State
from chalicelib.notifications.sms import parts
from chalicelib.notifications.use_cases.send import letter
from chalicelib.notifications.words import WORDS, source, words
from chalicelib.profiles.ports import KINDS, Channel, Weight, may_gather
from tests.chalicelib.notifications.payloads import PAYLOADS, message
from tests.fakes.neighbours import Neighbours
from tests.fakes.notices import notice_ports

ALL = sorted(f"{kind}.{side}" for kind, sides in AUDIENCE.items() for side in sides)
LANGUAGES = ("en", "zh-CN")
NASTY = '<script>alert("张伟")</script> & {shop} {0} 【工商银行】\r\nBcc: x@example.com'
MOST_PARTS = 4  # of which a text message is made at worst, whatever people call their shops


@pytest.fixture(scope="module")
def said():
    """The variables of every kind in both languages, read from an order, a shop and two accounts."""
    ports = notice_ports(Neighbours())
    read = {kind: words(ports, message(kind)) for kind in AUDIENCE}
    return {(kind, language): read[kind.rpartition(".")[0]](language) for kind in ALL for language in LANGUAGES}


class Page(HTMLParser):
    """Which elements a page has, what it says, and whether all that was opened is closed."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.words, self._open, self.links = [], [], [], []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name == "href"]
        if tag not in {"br", "meta"}:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, words):
        self.words.append(words)


def rendered(kind, language, told):
    return {
        "title": templates.title(kind, language, told),
        "body": templates.body(kind, language, told),
        "sms": templates.text_message(kind, language, told),
        "mail": templates.mail(kind, language, told, link="https://a.example/x", unsubscribe="https://a.example/u"),
    }


def test_every_kind_has_a_file_a_weight_and_an_example_and_there_are_no_others():
    there = {path.stem for path in templates.FOLDER.glob("*.toml")}
    assert there == set(ALL) == set(KINDS)
    assert all(source(kind) for kind in AUDIENCE)
    used = {one for kind in AUDIENCE for one in (kind, kind.partition(".")[0])}
    assert set(WORDS) <= used
    assert set(PAYLOADS) <= used


def variables(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("kind", ALL)
def test_texts_name_their_own_variables_alike_in_both_languages(kind):
    names, one = source(kind.rpartition(".")[0]).names, templates.template(kind)
    for text in one.texts():
        assert variables(text) <= names
    assert variables(one.body.en) == variables(one.body.zh)
    assert variables(one.title.en) == variables(one.title.zh)
    if one.mail:
        assert variables(one.mail.en) == variables(one.mail.zh)
    if one.digest:
        assert variables(one.digest.en) == variables(one.digest.zh) == {"number"}
    assert set(one.limits) - set(templates.LIMITS) <= names


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_rendered_and_nothing_is_left_open(said, kind, language):
    told = said[kind, language]
    assert set(told) == source(kind.rpartition(".")[0]).names
    texts = rendered(kind, language, told)
    page = Page(texts["mail"])
    texts["mail"] = " ".join(page.words[page.words.index(texts["title"]) :])
    for name, text in texts.items():
        assert text.strip()
        assert "None" not in text, name
        assert "张伟" not in text
        assert "Jane" not in text
        if name != "mail":  # of which the style has braces
            assert not set("{}$") & set(text)
            assert "\n" not in text
    chinese = re.compile("[\u4e00-\u9fff]")
    assert bool(chinese.search(templates.template(kind).body.render(language, **dict.fromkeys(told, "-")))) == (
        language == "zh-CN"
    )
    assert texts["sms"].startswith("【邻里】" if language == "zh-CN" else "[Linli] ")
    assert "邻里】" not in texts["body"]
    assert not texts["body"].startswith("[Linli]")
    assert len(texts["title"]) <= templates.TITLE_LIMIT
    assert not texts["title"].endswith("…"), "what is ordinary fits"
    assert parts(texts["sms"]) <= 3
    assert page.links == ["https://a.example/x", "https://a.example/u"]


@pytest.mark.parametrize("kind", ALL)
def test_a_link_is_made_of_what_the_message_carries(kind):
    path = templates.link(kind, message(kind.rpartition(".")[0]).payload)
    assert path is None or re.fullmatch(r"[a-z]+(/[A-Za-z0-9_]+)*", path)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_write_is_escaped_stays_on_its_line_and_within_what_is_paid(said, kind, language):
    nasty = dict.fromkeys(said[kind, language], NASTY * 5)
    texts = rendered(kind, language, nasty)
    tags = set(Page(texts["mail"]).tags)
    assert "script" not in tags
    assert "<script" not in texts["mail"]
    for name in ("title", "body", "sms"):
        assert "\n" not in texts[name]
        assert "\r" not in texts[name]
        assert "【工商银行】" not in texts[name]
    assert len(texts["title"]) <= templates.TITLE_LIMIT
    assert parts(texts["sms"]) <= MOST_PARTS


@example("wait.offered.customer", "en", "💇" * 300)
@given(st.sampled_from(ALL), st.sampled_from(LANGUAGES), st.text(max_size=300))
def test_whatever_is_written_in_a_variable_a_text_has_few_parts_and_a_mail_its_own_elements_alone(kind, language, word):
    told = dict.fromkeys(source(kind.rpartition(".")[0]).names, word)
    texts, plain = rendered(kind, language, told), rendered(kind, language, dict.fromkeys(told, "x"))
    assert Page(texts["mail"]).tags == Page(plain["mail"]).tags
    assert parts(texts["sms"]) <= MOST_PARTS
    assert len(texts["title"]) <= templates.TITLE_LIMIT


def test_what_can_be_switched_off_has_a_name_and_what_can_be_gathered_a_line():
    for kind in ALL:
        one = templates.template(kind)
        if KINDS[kind] != Weight.MUST:
            assert one.name is not None, kind
            assert templates.name(kind, "en") == one.name.en
        assert (one.digest is not None) == may_gather(kind), kind
    assert templates.name("login.new.customer", "en") == "login.new.customer"


def test_a_file_that_lacks_a_language_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(templates, "FOLDER", tmp_path)
    for text, fault in (
        ('[en]\ntitle = "a"\nbody = "b"\n[zh-CN]\ntitle = "a"\n', "one language"),
        ('[en]\ntitle = "a"\n[zh-CN]\ntitle = "a"\n', "left out"),
    ):
        templates.template.cache_clear()
        (tmp_path / "x.toml").write_text(text)
        with pytest.raises(ValueError, match=fault):
            templates.template("x")
    with pytest.raises(FileNotFoundError):
        templates.template("y")
    templates.template.cache_clear()


def test_providers_who_render_themselves_get_no_signature_of_another_either():
    """Alibaba Cloud, Tencent Cloud and WeChat fill their own templates with a letter's variables."""
    told = {"shop": NASTY, "text": NASTY, "coupon": ""}
    notice = Notice(
        "ntc_1",
        "acc_1",
        "msg_1",
        "outreach.offer.customer",
        None,
        "",
        State.CLAIMED,
        datetime(2030, 5, 1, tzinfo=UTC),
        words=told,
    )
    filled = letter(SimpleNamespace(app_link=None), notice, Channel.SMS, 0).template
    assert set(filled) == set(told)
    assert not any(mark in word for word in filled.values() for mark in "【】\r\n")
