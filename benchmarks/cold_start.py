"""What a cold start pays: the package's size, and the import of each handler from it, against boto3 with one client.

    make bench-start

Both sides are imported in fresh interpreters (`python -I -S`) that see nothing but the unpacked package, with the same
compiled files; the median of RUNS interpreters, the sides in turn, so that a machine whose speed drifts slows both. The
API's handler may take LIMIT times what boto3, one client and Chalice take alone: over that the command fails. The other
handlers, which nobody waits for, are measured fewer times.

The API opens its domains when they are asked for (`chalicelib/kit/doors.py`), so the second table says what the first
request for each pays on top, once in a function's life.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.local.environments import ROOT
from infra.package import package
from infra.targets import Target

RUNS, FEW = 20, 5
LIMIT = 1.5
BASE = "boto3, one client, chalice"
BASELINE = "import boto3, chalice; boto3.client('dynamodb')"
TIMED = """
import sys, time
sys.path.insert(0, {site!r})
{before}
started = time.perf_counter()
{statement}
print((time.perf_counter() - started) * 1000)
"""
ENVIRONMENT = {"STAGE": "bench", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "TABLE_PREFIX": "bench"}


def milliseconds(site: Path, statement: str, before: str = "") -> float:
    """Return how long a statement takes in a fresh interpreter that has run `before`."""
    code = TIMED.format(site=str(site), statement=statement, before=before)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def workers() -> dict[str, str]:
    """Return the import of each module of handlers besides the API's, by its domain."""
    configured = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]
    domains = {name.partition("-")[0] for name in configured if name != "api_handler"}
    return {domain: f"import chalicelib.{domain}.events" for domain in sorted(domains)}


def medians(site: Path, statements: Mapping[str, str], runs: int, before: str = "") -> dict[str, float]:
    """Return the median of `runs` interpreters for each statement, the statements in turn."""
    taken: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(runs):
        for name, statement in statements.items():
            taken[name].append(milliseconds(site, statement, before))
    return {name: statistics.median(times) for name, times in taken.items()}


def first_requests(site: Path) -> dict[str, str]:
    """Return what opens each domain of the API, by the domain's name."""
    index = json.loads((site / "chalicelib" / "doors.json").read_text())
    domains = sorted({needed[0] for needed in index.values() if len(needed) == 1})
    return {domain: f"app.app.unlock(['{domain}'])" for domain in domains}


def measure(site: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Return the milliseconds of each import, and of each domain's first request."""
    imports = medians(site, {BASE: BASELINE, "api": "import app"}, RUNS) | medians(site, workers(), FEW)
    return imports, medians(site, first_requests(site), FEW, before="import app")


def main() -> int:
    """Print the tables, write them to `.local/bench-start.json`, and return 1 when the API's import is over LIMIT."""
    console = Console()
    made = package(Target.local())
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(made.zip_path) as archive:
        archive.extractall(folder)
        size = sum(entry.file_size for entry in archive.infolist())
        imports, opened = measure(Path(folder))
    table = Table(
        "import from the package",
        "median ms",
        "ratio",
        title=f"zip {made.zip_path.stat().st_size / 1e6:.1f} MB, unpacked {size / 1e6:.1f} MB",
    )
    for name, median in imports.items():
        table.add_row(name, f"{median:.0f}", f"{median / imports[BASE]:.2f}")
    console.print(table)
    later = Table("the API's first request for", "median ms more")
    for name, median in opened.items():
        later.add_row(name, f"{median:.0f}")
    console.print(later)
    ratio = imports["api"] / imports[BASE]
    figures = {
        "zip_bytes": made.zip_path.stat().st_size,
        "unpacked_bytes": size,
        "milliseconds": imports,
        "first_request_milliseconds": opened,
        "ratio": round(ratio, 2),
    }
    (ROOT / ".local").mkdir(exist_ok=True)
    (ROOT / ".local" / "bench-start.json").write_text(json.dumps(figures, indent=2) + "\n")
    verdict = "" if ratio <= LIMIT else ": too slow"
    console.print(f"api: {ratio:.2f} times {BASE}; at most {LIMIT} is allowed{verdict}")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
