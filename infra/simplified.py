"""Writes `chalicelib/kit/simplified.py`, the table that makes traditional characters simplified ones.

    .venv/bin/python -m infra.simplified

It asks OpenCC (its `t2s`, one character at a time), which is needed for this alone and does not ship.
"""

import sys
from pathlib import Path

from infra.local.environments import ROOT

TABLE = ROOT / "chalicelib" / "kit" / "simplified.py"
_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x323B0))  # Han, as far as Unicode 15
_WIDTH = 50  # characters of a line: they are two columns wide
_HEAD = '''"""Traditional characters and, at the same places, the simplified ones that stand for them.

Derived by `infra.simplified` from OpenCC {version} (github.com/BYVoid/OpenCC, Apache-2.0), whose dictionaries are kept
up. Do not edit: a test makes it anew and compares.
"""
'''


def pairs() -> list[tuple[str, str]]:
    """Return every character that is written another way in simplified Chinese, and that way."""
    import opencc

    convert = opencc.OpenCC("t2s").convert
    found: dict[str, str] = {}
    for first, end in _BLOCKS:
        for number in range(first, end):
            simple = convert(chr(number))
            if simple != chr(number) and len(simple) == 1:
                found[chr(number)] = simple
    # Folding twice must change nothing more: where the simplified one has a simpler one itself, that is taken.
    return [(one, found.get(simple, simple)) for one, simple in found.items()]


def module() -> str:
    """Return the table as the source of a module."""
    from importlib.metadata import version

    found = pairs()
    parts = [_HEAD.format(version=version("opencc"))]
    for name, side in (("TRADITIONAL", 0), ("SIMPLIFIED", 1)):
        text = "".join(pair[side] for pair in found)
        lines = (text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH))
        parts.append(f"{name} = (\n" + "".join(f'    "{line}"\n' for line in lines) + ")\n")
    return "\n".join(parts)


def main(path: Path = TABLE) -> int:
    """Write the table."""
    path.write_text(module())
    return 0


if __name__ == "__main__":
    sys.exit(main())
