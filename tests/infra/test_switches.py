"""What the Makefile makes of switches that delete, or only look: nothing is run, only what would be is read."""

import os
import subprocess

import pytest

from infra.targets import ROOT

WHERE = ("STAGE=dev", "REGION=eu-central-1")


def told(*words, **environ):
    """Return how `make` would run a command, or why not."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    command = ("make", "-n", "--no-print-directory", *words)
    done = subprocess.run(command, cwd=ROOT, env=clean | environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()[-1] if done.returncode == 0 else done.stderr


@pytest.mark.parametrize(
    ("command", "name", "option"),
    [
        ("destroy", "DATA", "--data"),
        ("migrate", "LOOK", "--look"),
        ("replay", "LOOK", "--look"),
        ("restore", "REHEARSE", "--rehearse"),
    ],
)
def test_a_switch_is_1_or_0_and_nothing_else_is_guessed_at(command, name, option):
    more = (*WHERE, "PREFIX=linli-dev-r1")
    assert option in told(command, f"{name}=1", *more)[1].split()
    for off in (f"{name}=0", f"{name}="):
        assert option not in told(command, off, *more)[1].split()
    for other in ("yes", "/path/to/data", "1 2"):
        code, said = told(command, f"{name}={other}", *more)
        assert code == 2
        assert f"{name} is 1 or 0" in said
    assert told(command, *more, **{name: "/path"})[0] == 2, "an exported variable of that name"


def test_destroying_says_where():
    code, said = told("destroy", "STAGE=dev")
    assert code == 2
    assert "destroy: say where" in said
    assert told("destroy", *WHERE)[1].rstrip().endswith("infra.destroy --stage dev --region eu-central-1")
