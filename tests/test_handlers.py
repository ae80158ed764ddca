"""Every Lambda handler, in an interpreter that has not loaded `app`, and from the package alone.

Lambda imports a handler's module directly. What only works because `app.py` was imported, or because a package of this checkout
happens to be installed, works in every other test and fails there.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import app
from chalicelib.kit.auth import Actor, Role
from infra.template_app import configured_functions
from tests.api import present
from tests.emulators import Emulator

ROOT = Path(__file__).parents[1]
EVENTS = Path(__file__).with_name("events")
INVOKE = Path(__file__).with_name("invoke_handler.py")
API = ("api", "app.app")
HANDLERS = dict(
    [
        API,
        *((source.name, source.handler_string) for source in app.event_sources),
        *((function.name, function.handler_string) for function in app.pure_lambda_functions),
    ]
)
# Imports one handler with nothing to import from but the standard library and the folder given.
CLEAN_ROOM = """
import importlib, os, sys
package, handler = sys.argv[1:]
sys.path.insert(0, package)
module, _, name = handler.rpartition('.')
assert callable(getattr(importlib.import_module(module), name))
assert module == 'app' or 'app' not in sys.modules, 'imports app'
homes = (package, os.path.dirname(os.__file__))
strays = [m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None) and not m.__file__.startswith(homes)]
assert not strays, strays
"""


# The sample asks for the refund of a payment that is not there: it must be reported, and come again.
FAILING = {"payments-work": [{"itemIdentifier": "1a9f36b4-87a3-44ab-83d2-661975830a7d"}]}


# The sample is of an account, which has to be there.
NEEDS = {"accounts-reset-factors": Actor("acc_01jd3x9k5r8m2q7w4t6y0z1abc", frozenset({Role.CUSTOMER}), "ses_1")}


def test_every_configured_function_exists_and_the_other_way_round() -> None:
    assert sorted(HANDLERS) == sorted(configured_functions(ROOT))


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_works_without_the_app(all_tables: Emulator, name: str) -> None:
    event = EVENTS / f"{name}.json"
    assert event.exists(), f"write a sample event for {name}: {event.relative_to(ROOT)}"
    if name in NEEDS:
        present(NEEDS[name])
    done = subprocess.run(
        [sys.executable, "-W", "error", str(INVOKE), HANDLERS[name], str(event)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    if name == API[0]:
        assert answer["statusCode"] == 200, answer
    elif "Records" in json.loads(event.read_text()):
        assert answer in (None, {"batchItemFailures": FAILING.get(name, [])}), done.stdout


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_can_be_imported_from_the_package_alone(unpacked_package: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", CLEAN_ROOM, str(unpacked_package), HANDLERS[name]],
        env={"STAGE": "test", "AWS_REGION": "ap-southeast-1", "TABLE_PREFIX": "test"},
        cwd=unpacked_package,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_clean_room_sees_a_library_that_does_not_ship(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("import pytest\ndef handler(event, context): ...\n")
    command = [sys.executable, "-I", "-S", "-c", CLEAN_ROOM, str(tmp_path), "planted.handler"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "No module named 'pytest'" in done.stderr


def test_the_interpreter_sees_a_handler_that_needs_the_app(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("import app\ndef handler(event, context): ...\n")
    (tmp_path / "app.py").write_text("")
    command = [sys.executable, str(INVOKE), "planted.handler", str(EVENTS / "api.json")]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert "imports app, which is never loaded" in done.stderr
