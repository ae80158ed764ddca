"""What a deployment is told by variables that are kept as secrets: JSON, or the name of a file with it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.changes import DeployError

LARGEST = 8192
"""Characters of an advanced SSM parameter; a standard one holds 4096."""


def read_json(variable: str, value: str, filled: Callable[[Any, Path], Any] = lambda told, _folder: told) -> Any:
    """Return what a variable holds: JSON, or the name of a file with it. `filled` may put more files in, from the
    folder that such a file lies in.

    Raises:
        DeployError: one line that names the variable, and nothing of what it holds.
    """
    is_file = value.lstrip()[:1] not in {"{", "["}
    try:
        text = Path(value).read_text(encoding="utf-8") if is_file else value
        return filled(json.loads(text), Path(value).parent if is_file else Path())
    except json.JSONDecodeError as error:
        raise DeployError(f"{variable}: no JSON: {error.msg} in line {error.lineno}") from None
    except (OSError, UnicodeDecodeError) as error:
        told = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else "not a text in UTF-8"
        raise DeployError(f"{variable}: {told}") from None


def refused(variable: str, error: ValidationError, whole: str = "all") -> DeployError:
    """Return why what a variable says is not taken, on one line and without repeating it; `whole` names the place where
    no single field is at fault.
    """
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or whole
    return DeployError(f"{variable}: {where}: {first['msg'].removeprefix('Value error, ')}")


def fitting(variable: str, text: str) -> str:
    """Return a secret that an SSM parameter can hold.

    Raises:
        DeployError: it is too long.
    """
    if len(text) > LARGEST:
        raise DeployError(f"{variable}: {len(text)} characters, over the {LARGEST} of an SSM parameter")
    return text
