"""Writes the font of the documents, `chalicelib/payouts/gateways/NotoSansSC-Regular.ttf`.

    npm pack @fontsource/noto-sans-sc && tar xzf fontsource-noto-sans-sc-*.tgz
    .venv/bin/python -m infra.document_font package/files

Noto Sans SC (SIL Open Font License 1.1, no reserved name) comes for the web in a hundred slices; here they become one
font again, with outlines and widths alone: documents need neither hints nor ligatures.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from infra.local.environments import ROOT

FONT = ROOT / "chalicelib" / "payouts" / "gateways" / "NotoSansSC-Regular.ttf"
_NOTDEF = ".notdef"


def _slices(folder: Path) -> list[Path]:
    """Return the files of the regular weight, those of Latin letters first: what two slices have is taken from them."""
    found = folder.glob("noto-sans-sc-*-400-normal.woff2")
    return sorted(found, key=lambda path: ("latin" not in path.name, path.name))


def _outlines(font: Any) -> Iterator[tuple[int, Any, tuple[int, int]]]:
    """Yield (code point, glyph without components, width and side bearing) of a font."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen  # type: ignore[import-untyped]
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

    glyphs = font.getGlyphSet()
    for code, name in font.getBestCmap().items():
        recorded, pen = DecomposingRecordingPen(glyphs), TTGlyphPen(None)
        glyphs[name].draw(recorded)
        recorded.replay(pen)
        yield code, pen.glyph(), font["hmtx"][name]


def build(slices: Iterable[Path], target: Path) -> int:
    """Write the font and return how many characters it has."""
    from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    fonts = [TTFont(path, recalcTimestamp=False) for path in slices]
    first = fonts[0]
    found: dict[int, tuple[Any, tuple[int, int]]] = {}
    for font in fonts:
        for code, outline, metrics in _outlines(font):
            found.setdefault(code, (outline, metrics))
    names = {code: f"u{code:04X}" for code in sorted(found)}
    made = FontBuilder(first["head"].unitsPerEm, isTTF=True)
    made.font.recalcTimestamp = False
    made.setupGlyphOrder([_NOTDEF, *names.values()])
    made.setupCharacterMap(names)
    made.setupGlyf({_NOTDEF: first["glyf"][_NOTDEF]} | {name: found[code][0] for code, name in names.items()})
    made.setupHorizontalMetrics(
        {_NOTDEF: first["hmtx"][_NOTDEF]} | {name: found[code][1] for code, name in names.items()}
    )
    made.setupHorizontalHeader(ascent=first["hhea"].ascent, descent=first["hhea"].descent)
    made.setupNameTable({"familyName": "Noto Sans SC", "styleName": "Regular", "psName": "NotoSansSC-Regular"})
    made.setupOS2(sTypoAscender=first["OS/2"].sTypoAscender, sTypoDescender=first["OS/2"].sTypoDescender)
    made.setupPost(keepGlyphNames=False)
    made.font["head"].created = made.font["head"].modified = first["head"].created
    made.save(target)
    return len(names)


def main(arguments: list[str]) -> int:
    """Write the font from the folder of slices that the command names."""
    slices = _slices(Path(arguments[0])) if arguments else []
    if not slices:
        print("document_font: name the folder of noto-sans-sc-*-400-normal.woff2", file=sys.stderr)
        return 2
    print(f"{build(slices, FONT)} characters, {FONT.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
