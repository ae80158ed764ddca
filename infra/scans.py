"""Scans of the code and of the templates: `make scans`. Offline, once their environments are made.

Semgrep reads the code by our own rules (tests/semgrep/rules.yaml), and first what was planted for each of them; checkov
looks over both stacks' templates as they would be deployed. What is left as it is stands in tests/scans/skips.yaml with
its reason; a skip that nothing needs any more is a finding too.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.backups import copies_template
from infra.expand import expand
from infra.local.environments import ROOT, SetupError, make, virtual_environment
from infra.package import sources_template
from infra.targets import Target
from infra.template_app import finish
from infra.template_data import data_template

TOOLS = ("semgrep", "checkov")
RULES = Path("tests/semgrep/rules.yaml")
PLANTED = Path("tests/semgrep/rules.py")
SKIPS = Path("tests/scans/skips.yaml")
SCANNED = ("app.py", "chalicelib", "infra")

_EXPECTED = re.compile(r"^\s*# ruleid: ([a-z0-9-]+)$")
_QUIET = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0", "LOG_LEVEL": "ERROR"}


@dataclass
class Result:
    """What the scans found: `findings` are lines to read, `counts` what was looked at."""

    findings: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def skips(path: Path = ROOT / SKIPS) -> Mapping[str, Mapping[str, str]]:
    """Return what is left as it is, by tool: what, and why."""
    found: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def expected(text: str) -> set[tuple[str, int]]:
    """Return the rule and the line of everything that was planted: the line after its comment."""
    found = set()
    for number, line in enumerate(text.splitlines(), start=1):
        match = _EXPECTED.match(line)
        if match:
            found.add((match[1], number + 1))
    return found


def unneeded(known: Iterable[str], used: set[str]) -> list[str]:
    """Return a finding for each skip that nothing needs."""
    return [f"{SKIPS}: nothing needs '{one}' any more" for one in known if one not in used]


def main() -> int:
    """Run all scans; returns 1 where something was found."""
    folders = {}
    for tool in TOOLS:
        folders[tool] = ROOT / ".local" / f"{tool}-venv"
        try:
            make(virtual_environment(f"scans ({tool})", folders[tool], [ROOT / "tests" / "scans" / f"{tool}.txt"]))
        except SetupError as problem:
            print(f"scans: {problem}", file=sys.stderr)
            return 1
    result, left = Result(), skips()
    _read_code(folders["semgrep"], left["semgrep"], result)
    _look_over_templates(folders["checkov"], left["checkov"], result)
    for line in result.findings:
        print(line)
    counts = ", ".join(f"{value} {name}" for name, value in result.counts.items())
    print(f"scans: {len(result.findings)} findings ({counts})")
    return 1 if result.findings else 0


def _run(command: Sequence[str]) -> Any:
    """Return what a tool says as JSON, whatever its exit code: that says only that something was found."""
    environment = os.environ | _QUIET | {"PATH": f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise SystemExit(f"scans: {Path(command[0]).name} failed: {done.stderr[-2000:]}") from error


def _semgrep(folder: Path, paths: Sequence[str]) -> tuple[list[tuple[str, int, str]], int]:
    """Return (rule, line, file) of what was found, and how many files were read."""
    command = [str(folder / "bin" / "semgrep"), "scan", "--json", "--metrics=off", "--disable-version-check"]
    found = _run([*command, "--no-git-ignore", "--config", str(RULES), *paths])
    if found["errors"]:
        raise SystemExit(f"scans: semgrep: {found['errors'][0].get('message', found['errors'][0])}")
    rows = [(row["check_id"].rpartition(".")[2], row["start"]["line"], row["path"]) for row in found["results"]]
    return rows, len(found["paths"]["scanned"])


def _read_code(folder: Path, left: Mapping[str, str], result: Result) -> None:
    planted = expected((ROOT / PLANTED).read_text(encoding="utf-8"))
    seen = {(rule, line) for rule, line, _ in _semgrep(folder, [str(PLANTED)])[0]}
    result.findings += [f"{PLANTED}:{line}: {rule} was planted and not found" for rule, line in sorted(planted - seen)]
    result.findings += [f"{PLANTED}:{line}: {rule} was found and is right" for rule, line in sorted(seen - planted)]
    rows, files = _semgrep(folder, SCANNED)
    used = {f"{rule} {path}" for rule, _, path in rows}
    result.findings += [f"{path}:{line}: {rule}" for rule, line, path in rows if f"{rule} {path}" not in left]
    result.findings += unneeded(left, used)
    rules = len(yaml.safe_load((ROOT / RULES).read_text(encoding="utf-8"))["rules"])
    result.counts |= {"rules": rules, "planted": len(planted), "files": files}


def templates(target: Target) -> dict[str, Any]:
    """Return all stacks' templates as they would be deployed, by file name."""
    app = expand(finish(sources_template(target), target), target.region)
    return {"app.json": app, "data.json": data_template(target), "copies.json": copies_template(target)}


def _look_over_templates(folder: Path, left: Mapping[str, str], result: Result) -> None:
    more: dict[str, Any] = {"cors_origins": ("https://app.example.com",), "backup_region": "eu-central-1"}
    target = Target.aws(stage="prod", region="ap-southeast-1", **more)
    with tempfile.TemporaryDirectory(prefix="linli-scan-") as name:
        for file, template in templates(target).items():
            (Path(name) / file).write_text(json.dumps(template, indent=1), encoding="utf-8")
        command = [str(folder / "bin" / "python"), "-m", "checkov.main", "--framework", "cloudformation"]
        found = _run([*command, "--skip-download", "--compact", "--quiet", "-o", "json", "-d", name])
    if found["summary"]["parsing_errors"]:
        raise SystemExit("scans: checkov cannot read a template")
    failed = [(row["check_id"], row["check_name"], row["resource"]) for row in found["results"]["failed_checks"]]
    result.findings += [f"{resource}: {check} {about}" for check, about, resource in failed if check not in left]
    result.findings += unneeded(left, {check for check, _, _ in failed})
    skipped = sum(check in left for check, _, _ in failed)
    result.counts |= {"checks of templates": found["summary"]["passed"] + len(failed), "left with a reason": skipped}


if __name__ == "__main__":
    sys.exit(main())
