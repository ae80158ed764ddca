"""The API as it starts on Lambda: from the package, with no domain open, each opened by the first request for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import app

ENVIRONMENT = {"STAGE": "test", "AWS_REGION": "ap-southeast-1", "TABLE_PREFIX": "test"}
# What no request of every kind needs: each is imported where it is used.
HEAVY = {
    "argon2", "boto3", "cryptography", "fido2", "icalendar", "jwt", "maxminddb", "phonenumbers", "pydyf", "pyotp",
    "requests", "segno", "stripe", "uharfbuzz",
}  # fmt: skip
STARTED = """
import json, sys
sys.path.insert(0, {site!r})
import app
print(json.dumps(sorted(sys.modules)))
"""
ASKED = """
import json, os, sys
sys.path.insert(0, {site!r})
import app
event = json.loads(sys.stdin.read())
answer = app.app(event, None)
print(json.dumps([answer["statusCode"], sorted(name for name in sys.modules if name.endswith(".routes"))]))
"""
ALL = """
import json, sys
sys.path.insert(0, {site!r})
import app
needed = json.load(open({site!r} + "/chalicelib/doors.json"))
for path, domains in needed.items():
    before = set(app.app.routes)
    app.app.unlock(domains)
    assert path in app.app.routes, path
print(json.dumps({{path: sorted(methods) for path, methods in app.app.routes.items()}}))
"""


def run(site: Path, code: str, given: str = "") -> object:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code.format(site=str(site))],
        env=ENVIRONMENT | {"PATH": os.environ["PATH"]},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_handler_imports_no_domain_and_nothing_heavy(unpacked_package: Path) -> None:
    modules = set(run(unpacked_package, STARTED))
    own = {name.split(".")[1] for name in modules if name.startswith("chalicelib.")}
    assert own == {"kit", "settings"}
    assert not {name.partition(".")[0] for name in modules} & HEAVY


def test_heavy_means_something(unpacked_package: Path) -> None:
    """A library that the package lost, or that was renamed, would make the test above say nothing."""
    shipped = {path.name for path in unpacked_package.iterdir()}
    assert shipped >= HEAVY, HEAVY - shipped


def test_the_package_knows_every_path_and_opens_what_the_app_has(unpacked_package: Path) -> None:
    expected = {path: sorted(methods) for path, methods in app.app.routes.items()}
    assert run(unpacked_package, ALL) == expected
    assert json.loads((unpacked_package / "chalicelib" / "doors.json").read_text()) == app.app.index()


def test_a_request_opens_its_own_domain_alone(unpacked_package: Path) -> None:
    event = (Path(__file__).parents[1] / "events" / "api.json").read_text()
    status, opened = run(unpacked_package, ASKED, event)
    assert status == 200
    assert opened == ["chalicelib.health.routes"]
