"""The API document as a page: one HTML file without scripts and without anything from elsewhere. No I/O.

Everything that comes from the document is escaped; the policy allows this page's own style sheet and nothing else.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from chalicelib.kit.i18n import Language, Text
from chalicelib.openapi.example import example

Json = Mapping[str, Any]

_STYLE = """
:root{color-scheme:light dark;--line:#d6d9df;--soft:#f4f5f7;--ink:#1b1f27;--dim:#5c6573;--get:#14724a;--write:#8a4b00;--drop:#a3262b;--link:#1a56b0}
@media(prefers-color-scheme:dark){:root{--line:#3a404b;--soft:#21252d;--ink:#e4e7ec;--dim:#9aa3b2;--get:#5bc795;--write:#e3a45a;--drop:#ee8489;--link:#8ab4f8}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.55 system-ui,-apple-system,"Segoe UI","PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:var(--ink);background:Canvas;display:grid;grid-template-columns:19rem minmax(0,1fr)}
a{color:var(--link)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem 1.25rem;border-right:1px solid var(--line);font-size:.875rem}
nav h2{font-size:.8125rem;color:var(--dim);margin:1.1rem 0 .25rem}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:block;padding:.2rem 0;color:inherit;text-decoration:none;overflow-wrap:anywhere}
nav a:hover{text-decoration:underline}
main{padding:1.5rem 2.5rem 6rem;max-width:62rem}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:Canvas;padding:.5rem}
h1{font-size:1.75rem;line-height:1.2;margin:.5rem 0 1rem}
main>h2{font-size:1.375rem;margin:3rem 0 .25rem;padding-top:1rem;border-top:1px solid var(--line)}
article{margin:2.25rem 0;scroll-margin-top:1rem}
h3{font-size:1.0625rem;margin:0 0 .25rem}
h4{font-size:.875rem;color:var(--dim);margin:1rem 0 .35rem}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.8125rem}
.path{display:inline-block;overflow-wrap:anywhere;margin:.1rem 0 .4rem}
.verb{font-weight:700;color:var(--write)}.verb.get{color:var(--get)}.verb.delete{color:var(--drop)}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;overflow:auto;margin:.25rem 0}
table{border-collapse:collapse;width:100%;font-size:.875rem}
.wide{overflow-x:auto}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--dim);font-weight:600}
td:first-child{white-space:nowrap}
.dim{color:var(--dim)}
summary{cursor:pointer;min-height:1.75rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media(max-width:56rem){body{display:block}nav{position:static;height:auto;max-height:40vh;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem 1.25rem 4rem}}
"""  # noqa: E501 - a rule of the style sheet is a line

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)

_WORDS = {
    "skip": Text("Skip to the operations", "跳到接口说明"),
    "parameters": Text("Parameters", "参数"),
    "body": Text("Request body", "请求体"),
    "answers": Text("Answers", "响应"),
    "name": Text("Name", "名称"),
    "place": Text("In", "位置"),
    "type": Text("Type", "类型"),
    "meaning": Text("Meaning", "说明"),
    "status": Text("Status", "状态码"),
    "required": Text("required", "必填"),
    "schemas": Text("Schemas", "数据结构"),
    "example": Text("Example", "示例"),
    "machine": Text("The same for programs: {link}", "供程序读取的版本：{link}"),
}


def render(document: Json, language: Language) -> str:
    """Return the page; only its own words are translated, the document speaks English."""
    return "".join(_Page(document, language).parts())


def _id(*parts: str) -> str:
    return escape(re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(parts)).strip("-"), quote=True)


def _markup(text: str) -> str:
    """Return the little Markdown that descriptions use (code, bold, lists, paragraphs) as HTML; the rest is escaped."""
    blocks = []
    for block in escape(text).strip().split("\n\n"):
        inline = re.sub(r"`([^`]+)`", r"<code>\1</code>", block)
        inline = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", inline)
        lines = inline.split("\n")
        if all(line.startswith("- ") for line in lines):
            blocks.append("<ul>" + "".join(f"<li>{line[2:]}</li>" for line in lines) + "</ul>")
        else:
            blocks.append(f"<p>{inline}</p>")
    return "".join(blocks)


class _Page:
    def __init__(self, document: Json, language: Language) -> None:
        self._document = document
        self._language = language
        self._schemas: Json = document["components"]["schemas"]

    def parts(self) -> Iterator[str]:
        info = self._document["info"]
        title = escape(f"{info['title']} v{info['version']}")
        yield f'<!doctype html><html lang="{self._language}"><head><meta charset="utf-8"><title>{title}</title>'
        yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
        yield f"<style>{_STYLE}</style></head><body>"
        yield f'<a class="skip" href="#operations">{self._say("skip")}</a>'
        yield from self._contents()
        yield f'<main id="operations"><h1>{title}</h1>{_markup(info.get("description", ""))}'
        link = '<a href="openapi.json">openapi.json</a>'
        yield f"<p>{self._say('machine', link=link)}</p>"
        for tag in self._document["tags"]:
            yield f'<h2 id="{_id("tag", tag["name"])}">{escape(tag["name"])}</h2>{_markup(tag["description"])}'
            for path, method, operation in self._operations(tag["name"]):
                yield from self._operation(path, method, operation)
        yield f'<h2 id="schemas">{self._say("schemas")}</h2>'
        for name in sorted(self._schemas):
            yield from self._schema(name)
        yield "</main></body></html>"

    def _say(self, word: str, **parameters: object) -> str:
        return _WORDS[word].render(self._language, **parameters)

    def _operations(self, tag: str) -> Iterator[tuple[str, str, Json]]:
        sent = self._document.get("webhooks", {})
        for path, item in (*self._document["paths"].items(), *sent.items()):
            for method, operation in item.items():
                if tag in operation["tags"]:
                    yield path, method, operation

    def _contents(self) -> Iterator[str]:
        yield "<nav>"
        for tag in self._document["tags"]:
            yield f"<h2>{escape(tag['name'])}</h2><ul>"
            for _, method, operation in self._operations(tag["name"]):
                verb = f'<span class="verb {_id(method)}">{escape(method.upper())}</span>'
                href = _id("op", operation["operationId"])
                yield f'<li><a href="#{href}">{verb} {escape(operation["summary"])}</a></li>'
            yield "</ul>"
        yield f'<h2><a href="#schemas">{self._say("schemas")}</a></h2></nav>'

    def _operation(self, path: str, method: str, operation: Json) -> Iterator[str]:
        yield f'<article id="{_id("op", operation["operationId"])}"><h3>{escape(operation["summary"])}</h3>'
        verb = f'<span class="verb {_id(method)}">{escape(method.upper())}</span>'
        yield f'<code class="path">{verb} {escape(path)}</code>{_markup(operation.get("description", ""))}'
        yield from self._parameters(operation)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            yield f"<h4>{self._say('body')}: {self._type(content['schema'])}</h4>"
            yield self._example(content["schema"])
        yield from self._answers(operation)
        yield "</article>"

    def _parameters(self, operation: Json) -> Iterator[str]:
        parameters = [self._resolved(one) for one in operation["parameters"]]
        yield f"<h4>{self._say('parameters')}</h4>"
        yield self._head("name", "place", "type", "meaning")
        for one in parameters:
            needed = f' <span class="dim">{self._say("required")}</span>' if one["required"] else ""
            yield (
                f"<tr><td><code>{escape(one['name'])}</code>{needed}</td><td>{escape(one['in'])}</td>"
                f"<td>{self._type(one['schema'])}</td><td>{_markup(one.get('description', ''))}</td></tr>"
            )
        yield "</tbody></table></div>"

    def _answers(self, operation: Json) -> Iterator[str]:
        yield f"<h4>{self._say('answers')}</h4>"
        yield self._head("status", "type", "meaning")
        for status, answer in operation["responses"].items():
            kinds = ", ".join(self._type(content["schema"]) for content in answer.get("content", {}).values())
            yield f"<tr><td>{escape(status)}</td><td>{kinds}</td><td>{_markup(answer['description'])}</td></tr>"
        yield "</tbody></table></div>"

    def _schema(self, name: str) -> Iterator[str]:
        schema = self._schemas[name]
        yield f'<article id="{_id("schema", name)}"><h3>{escape(name)}</h3>{_markup(schema.get("description", ""))}'
        if schema.get("properties"):
            yield self._head("name", "type", "meaning")
            for field, kind in schema["properties"].items():
                needed = (
                    f' <span class="dim">{self._say("required")}</span>' if field in schema.get("required", ()) else ""
                )
                yield (
                    f"<tr><td><code>{escape(field)}</code>{needed}</td><td>{self._type(kind)}</td>"
                    f"<td>{_markup(kind.get('description', ''))}</td></tr>"
                )
            yield "</tbody></table></div>"
        yield f"<details><summary>{self._say('example')}</summary>{self._example(schema)}</details></article>"

    def _head(self, *words: str) -> str:
        cells = "".join(f"<th>{self._say(word)}</th>" for word in words)
        return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>'

    def _example(self, schema: Json) -> str:
        text = json.dumps(example(schema, self._schemas), ensure_ascii=False, indent=2)
        return f"<pre>{escape(text)}</pre>"

    def _resolved(self, node: Json) -> Json:
        if "$ref" not in node:
            return node
        name = node["$ref"].rpartition("/")[2]
        resolved: Json = self._document["components"]["parameters"][name]
        return resolved

    def _type(self, schema: Json) -> str:
        """Return a schema's type in a few words, with a link to the schema that it names."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return f'<a href="#{_id("schema", name)}">{escape(name)}</a>'
        for word in ("anyOf", "oneOf", "allOf"):
            if word in schema:
                return " | ".join(self._type(one) for one in schema[word])
        if "const" in schema:
            return f"<code>{escape(json.dumps(schema['const'], ensure_ascii=False))}</code>"
        if "enum" in schema:
            return " | ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
        kind = str(schema.get("type", "any"))
        if kind == "array":
            items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
            return f"{self._type(items)} [ ]"
        return escape(f"{kind} ({schema['format']})" if "format" in schema else kind)
