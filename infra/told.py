"""What a deployment is told by variables that are kept as secrets: JSON, or the name of a file with it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.changes import DeployError

LARGEST = 8192
"""Characters of an advanced SSM parameter; a standard one holds 4096."""
_NAME = re.compile(r"[^{}\"'\n]{1,255}\.(json|pem|txt|key)")


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
        raise DeployError(f"{variable}: {_unread(error)}") from None


def _unread(error: OSError | UnicodeDecodeError) -> str:
    """Return why a file could not be read; what is no file's name may be a secret in a wrong form: quoted twice, or the
    bare key.
    """
    if isinstance(error, UnicodeDecodeError):
        return "not a text in UTF-8"
    is_name = _NAME.fullmatch(str(error.filename)) is not None
    return f"{error.strerror}: {error.filename}" if is_name else f"neither JSON nor a file's name: {error.strerror}"


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
