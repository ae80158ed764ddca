"""Faults that AWS would refuse, or that would only show in production, found before anything is changed."""

from pathlib import Path
from typing import Any

from infra.preflight_facts import AccountFacts
from infra.targets import Target


def offline(data: dict[str, Any], app: dict[str, Any], zip_path: Path, target: Target) -> list[str]:
    """Return what the templates and the package alone show."""
    return []


def online(data: dict[str, Any], app: dict[str, Any], code_key: str, facts: AccountFacts, target: Target) -> list[str]:
    """Return what shows only beside the account."""
    return []
