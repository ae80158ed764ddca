"""What cfn-lint has said in this run, told to whoever asks again: it reads a whole template for five seconds and more.

- Templates that differ by their stage's name alone are one. Names themselves are the business of `infra.targets`.
- Of a template like one that was right, what differs is read, with all that it names (`planted.slices`). Only where
  something is found there is the whole read.
- Processes of one run tell each other by files.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import lint
from tests.infra.planted.slices import around

Template = dict[str, Any]
_SLICED = {"Resources", "Outputs", "Description", "Parameters"}


class Remembered:
    """A linter that does not read again what it found right; `right` has a file for each such template."""

    def __init__(self, really: Callable[[Template, str], list[str]], right: Path) -> None:
        self._really, self._folder = really, right
        right.mkdir(parents=True, exist_ok=True)

    def __call__(self, template: Template, region: str) -> list[str]:
        text = _nameless(template)
        mark = self._folder / f"{region}-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
        if mark.exists():
            return []
        found = [] if self._differs_rightly(json.loads(text), region) else self._really(template, region)
        if not found:
            made = mark.with_suffix(".part")
            made.write_text(text, encoding="utf-8")
            made.replace(mark)
        return found

    def _differs_rightly(self, template: Template, region: str) -> bool:
        """True where what differs from the template most like it is right."""
        known = [json.loads(path.read_text(encoding="utf-8")) for path in self._folder.glob(f"{region}-*.json")]
        parts = [part for one in known if (part := _part(template, one)) is not None]
        if not parts:
            return False
        least = min(parts, key=lambda part: len(json.dumps(part)))
        return not least.get("Resources") or not self._really(least, region)


@contextlib.contextmanager
def remembering(folder: Path) -> Iterator[None]:
    """Have `infra.lint` remember, in a folder that all processes of the run share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lint, "lint", Remembered(lint.lint, folder))
        yield


def _nameless(template: Template) -> str:
    stage = str(template.get("Description", "")).partition(":")[0].split()[1:2]
    text = json.dumps(template, sort_keys=True)
    return re.sub(rf"(?<![a-z0-9]){stage[0]}(?![a-z0-9])", "stage", text) if stage else text


def _part(template: Template, right: Template) -> Template | None:
    """Return what differs; None where more than resources, outputs and added parameters does."""
    if _rest(template) != _rest(right):
        return None
    given, before = template.get("Parameters", {}), right.get("Parameters", {})
    part = around(template, right)
    added = {key for key in given if key not in before}
    is_like = all(given.get(key) == one for key, one in before.items()) and added <= part.get("Parameters", {}).keys()
    return part if is_like else None


def _rest(template: Template) -> Template:
    return {key: value for key, value in template.items() if key not in _SLICED}
