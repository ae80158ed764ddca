import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from chalicelib.openapi import page
from tests import openapi
from tests.api import call

JSON, DOCS = "/v1/openapi.json", "/v1/docs"


def get(route, **kwargs):
    answer = call("GET", route, **kwargs)
    openapi.check(answer, "GET", route)
    return answer


def test_the_document_is_served_as_it_is():
    answer = get(JSON)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == openapi.document()
    assert "public" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("route", [JSON, DOCS])
def test_who_has_it_is_told_so(route):
    tag = get(route).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = get(route, headers={"If-None-Match": known})
        assert (answer.status, answer.text, answer.headers["ETag"]) == (304, "", tag)
    assert get(route, headers={"If-None-Match": '"other"'}).status == 200


class Reader(HTMLParser):
    """Collects what a page is made of; fails on tags that do not nest."""

    VOID = {"meta", "link", "br", "hr", "img", "input"}  # noqa: RUF012 - constant

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.ids, self.links = [], [], [], [], []
        self.style = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in {"href", "src"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_stands_alone_and_every_link_leads_somewhere():
    answer = get(DOCS)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    found = read(answer.text)
    assert "script" not in found.tags
    assert not [name for name in found.attributes if name.startswith("on") or name == "style"]
    assert len(set(found.ids)) == len(found.ids)
    inside = {link for link in found.links if link.startswith("#")}
    assert {link[1:] for link in inside} <= set(found.ids)
    assert set(found.links) - inside == {"openapi.json"}


def test_the_policy_allows_the_pages_own_style_and_nothing_else():
    answer = get(DOCS)
    policy = answer.headers["Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(read(answer.text).style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_every_operation_and_schema_is_on_the_page():
    text = get(DOCS).text
    for item in openapi.document()["paths"].values():
        for operation in item.values():
            assert f'id="op-{operation["operationId"]}"' in text
    for name in openapi.document()["components"]["schemas"]:
        assert f'id="schema-{name}"' in text


def test_the_page_speaks_both_languages():
    chinese = get(DOCS, headers={"Accept-Language": "zh-CN"})
    assert '<html lang="zh-CN">' in chinese.text
    assert "请求体" in chinese.text
    assert (chinese.headers["Content-Language"], chinese.headers["Vary"]) == ("zh-CN", "Accept-Language")
    english = get(DOCS)
    assert '<html lang="en">' in english.text
    assert "Request body" in english.text


EVIL = "</style><script>alert(1)</script>\"'&`<b>`"


def poisoned(node):
    """Put markup into every text of a document, but for what names other parts."""
    if isinstance(node, dict):
        return {
            key: value if key in {"$ref", "in", "type", "tags", "operationId"} else poisoned(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [poisoned(one) for one in node]
    return f"{node}{EVIL}" if isinstance(node, str) else node


def test_everything_from_the_document_is_escaped():
    document = json.loads(json.dumps(openapi.document()))
    tags = [tag["name"] for tag in document["tags"]]
    document = poisoned(document)
    for tag, name in zip(document["tags"], tags, strict=True):
        tag["name"] = name
    document["components"]["schemas"] = {f"{k}": v for k, v in document["components"]["schemas"].items()}
    text = page.render(document, "en")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert set(read(text).tags) <= set(read(page.render(openapi.document(), "en")).tags)


def test_types_are_said_in_a_few_words():
    made = page._Page({"components": {"schemas": {}}}, "en")
    for schema, words in {
        '{"const": "<a>"}': "<code>&quot;&lt;a&gt;&quot;</code>",
        '{"enum": ["x", "y"]}': "<code>x</code> | <code>y</code>",
        '{"type": "array", "items": {"type": "string"}}': "string [ ]",
        '{"type": "array", "prefixItems": [{"type": "integer"}]}': "integer [ ]",
        '{"type": "string", "format": "date-time"}': "string (date-time)",
        '{"anyOf": [{"type": "string"}, {"type": "null"}]}': "string | null",
        '{"$ref": "#/components/schemas/Money"}': '<a href="#schema-Money">Money</a>',
        "{}": "any",
    }.items():
        assert made._type(json.loads(schema)) == words


def test_the_little_markup_of_descriptions():
    assert page._markup("a `b<c>` **d**") == "<p>a <code>b&lt;c&gt;</code> <strong>d</strong></p>"
    assert page._markup("- a\n- b\n\nc") == "<ul><li>a</li><li>b</li></ul><p>c</p>"
    assert re.fullmatch(r"<p>.*</p>", page._markup("plain"))
