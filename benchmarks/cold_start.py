"""What a cold start pays: the package's size, and the import of each handler from it, against boto3 with one client.

    make bench-start

Both sides are imported in fresh interpreters (`python -I -S`) that see nothing but the unpacked package; the median of
RUNS interpreters, the two sides in turn, so that a machine whose speed drifts slows both.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.local.environments import ROOT
from infra.package import package
from infra.targets import Target

RUNS = 15
BASELINE = "import boto3, chalice; boto3.client('dynamodb')"
TIMED = """
import sys, time
sys.path.insert(0, {site!r})
started = time.perf_counter()
{statement}
print((time.perf_counter() - started) * 1000)
"""
ENVIRONMENT = {"STAGE": "bench", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "TABLE_PREFIX": "bench"}


def milliseconds(site: Path, statement: str) -> float:
    """Return how long a statement takes in a fresh interpreter."""
    code = TIMED.format(site=str(site), statement=statement)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def handlers() -> dict[str, str]:
    """Return the module of each function, by its name."""
    configured = json.loads((ROOT / ".chalice" / "config.json").read_text())
    names = configured["lambda_functions"]
    modules = {name: f"chalicelib.{name.split('-')[0]}.events" for name in names if name != "api_handler"}
    return {"api": "app"} | modules


def main() -> None:
    """Print the table and write it to `.local/bench-start.json`."""
    console = Console()
    made = package(Target.local())
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(made.zip_path) as archive:
        archive.extractall(folder)
        size = sum(entry.file_size for entry in archive.infolist())
        site, sides = Path(folder), {"boto3, one client, chalice": BASELINE}
        sides |= {name: f"import {module}" for name, module in handlers().items()}
        taken: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(RUNS):
            for name, statement in sides.items():
                taken[name].append(milliseconds(site, statement))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    base = medians["boto3, one client, chalice"]
    table = Table(
        "import from the package",
        "median ms",
        "ratio",
        title=f"zip {made.zip_path.stat().st_size / 1e6:.1f} MB, unpacked {size / 1e6:.1f} MB",
    )
    for name, median in medians.items():
        table.add_row(name, f"{median:.0f}", f"{median / base:.2f}")
    console.print(table)
    figures = {"zip_bytes": made.zip_path.stat().st_size, "unpacked_bytes": size, "milliseconds": medians}
    (ROOT / ".local").mkdir(exist_ok=True)
    (ROOT / ".local" / "bench-start.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
