"""The file of a copy: one JSON document for each domain, and a page to begin with. No I/O."""

import html
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Told

_TITLE = Text("What Linli holds about you", "邻里所持有的关于您的信息")
_ABOUT = Text(
    "Made on {at} (UTC). Each file is JSON, which every text editor opens. Times are UTC, amounts whole minor units"
    " (fen, cents). What can tell how fraud is recognised is left out, and so is what is about other people.",
    "生成时间：{at}（UTC）。各文件为 JSON 格式，可用任意文本编辑器打开。时间为 UTC，金额以最小货币单位（分）计。"
    "可能泄露风控方式的内容及涉及他人的内容未包含在内。",
)
_HEADS = (Text("File", "文件"), Text("What", "内容"), Text("How many", "数量"))


def packed(parts: Mapping[str, Told], at: datetime) -> bytes:
    """Return the ZIP file; the same parts at the same moment make the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "index.html", _index(parts, at), at)
        for name, told in parts.items():
            _add(archive, f"{name}.json", json.dumps(told, ensure_ascii=False, indent=2), at)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str, at: datetime) -> None:
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, text)


def _count(found: Any) -> int:
    return len(found) if isinstance(found, list) else int(found is not None)


def _index(parts: Mapping[str, Told], at: datetime) -> str:
    rows = [(f"{name}.json", what, _count(found)) for name, told in parts.items() for what, found in told.items()]
    body = "".join(
        f'<tr><td><a href="{html.escape(name)}">{html.escape(name)}</a><td>{html.escape(what)}<td>{count}'
        for name, what, count in rows
    )
    heads = "".join(f"<th>{head.zh} {head.en}" for head in _HEADS)
    about = (getattr(_ABOUT, language).format(at=f"{at:%Y-%m-%d %H:%M}") for language in ("zh", "en"))
    paragraphs = "".join(f"<p>{html.escape(one)}" for one in about)
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{_TITLE.zh}</title>'
        f"<h1>{_TITLE.zh} · {_TITLE.en}</h1>{paragraphs}<table><tr>{heads}{body}</table></html>"
    )
