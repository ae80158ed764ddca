"""cfn-lint over a finished CloudFormation template, in the target's region."""

import hashlib
import importlib.metadata
import json
from pathlib import Path
from typing import Any

_LINE = 160
_IGNORED = [
    "W3045",  # old access control of buckets: we set none
    "I",  # informational
]


def lint(template: dict[str, Any], region: str) -> list[str]:
    """Return cfn-lint's errors and warnings, one line each."""
    # Reading cfn-lint's schemas takes a second: only when it has something to do.
    from cfnlint.api import lint as run
    from cfnlint.config import ManualArgs

    text = json.dumps(template, indent=1)
    config = ManualArgs(regions=[region], include_checks=["W", "E"], ignore_checks=_IGNORED)
    return [f"{match.rule.id} line {match.linenumber}: {_short(match.message)}" for match in run(text, config=config)]


def _short(message: str) -> str:
    """Return a message on one line; those that list every known value are cut."""
    line = " ".join(message.split())
    return line if len(line) <= _LINE else f"{line[:_LINE]} ..."


def lint_once(template: dict[str, Any], region: str, cache: Path) -> list[str]:
    """As `lint`, but a template that was found clean before is not read again; `cache` remembers those."""
    version = importlib.metadata.version("cfn-lint")
    text = json.dumps([version, region, _IGNORED, template], sort_keys=True)
    mark = cache / hashlib.sha256(text.encode()).hexdigest()[:32]
    if mark.exists():
        return []
    found = lint(template, region)
    if not found:
        cache.mkdir(parents=True, exist_ok=True)
        mark.touch()
    return found
