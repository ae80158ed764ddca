"""Environments are made once per content of their inputs, and what is missing is told in one line."""

import sys
from pathlib import Path

import pytest

from infra.local import environments
from infra.local.environments import Environment, SetupError


@pytest.fixture
def recipe(tmp_path: Path) -> Environment:
    """Makes a folder with a line per run from one input file."""
    (tmp_path / "input").write_text("1")
    folder = tmp_path / "made"
    code = f"from pathlib import Path; p = Path({str(folder)!r}); p.mkdir(exist_ok=True); (p / 'runs').open('a').write('x')"
    return Environment("sample", folder, (tmp_path / "input",), ((sys.executable, "-W", "ignore", "-c", code),))


def runs(environment: Environment) -> int:
    return len((environment.folder / "runs").read_text())


def test_made_once_and_again_only_when_an_input_changes(
    recipe: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    environments.make(recipe)
    environments.make(recipe)
    assert runs(recipe) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "setup: sample ..."
    assert said[1].startswith("setup: sample ready in ")
    assert len(said) == 2
    recipe.inputs[0].touch()
    environments.make(recipe)
    assert runs(recipe) == 1
    recipe.inputs[0].write_text("2")
    environments.make(recipe)
    assert runs(recipe) == 2


def test_a_failed_run_leaves_no_stamp(recipe: Environment) -> None:
    environments.make(recipe)
    broken = Environment("sample", recipe.folder, recipe.inputs, ((sys.executable, "-c", "raise SystemExit(7)"),))
    with pytest.raises(SetupError, match=r"sample: '.*' ended with 7"):
        environments.make(broken)
    assert not recipe.is_fresh()


def test_a_missing_tool_is_told_in_one_line(
    recipe: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without = Environment("sample", recipe.folder, recipe.inputs, (("no-such-npm", "ci"),))
    monkeypatch.setattr(environments, "environments", lambda: {"main": recipe, "ministack": recipe, "node": without})
    monkeypatch.setattr(environments, "needs_dynoxide", lambda: True)
    assert environments.main(["run"]) == 0
    assert environments.main([]) == 1
    problem = capsys.readouterr().err
    assert problem == "setup: no-such-npm is missing: install Node.js 18 or newer, then try again\n"


def test_where_dynoxide_does_not_run_node_is_not_needed(recipe: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    without = Environment("sample", recipe.folder, recipe.inputs, (("no-such-npm", "ci"),))
    monkeypatch.setattr(environments, "environments", lambda: {"main": recipe, "ministack": recipe, "node": without})
    monkeypatch.setattr(environments, "needs_dynoxide", lambda: False)
    assert environments.main([]) == 0


def test_the_environments_of_this_checkout_are_pinned_by_hash() -> None:
    known = environments.environments()
    assert all("--require-hashes" in known[name].commands[1] for name in ("main", "ministack"))
    assert known["node"].commands[0][:2] == ("npm", "ci")
    assert all(path.exists() for environment in known.values() for path in environment.inputs)


def test_an_environment_of_another_python_is_cleared(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    assert "--clear" not in environments.virtual_environment("sample", tmp_path, [requirements]).commands[0]
    (tmp_path / "pyvenv.cfg").write_text("version = 3.9.2\n")
    assert "--clear" in environments.virtual_environment("sample", tmp_path, [requirements]).commands[0]


def test_a_platform_is_one_that_has_a_pinned_dynoxide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments.platform, "machine", lambda: "x86_64")
    assert environments.needs_dynoxide() is (sys.platform == "linux")
    monkeypatch.setattr(environments.platform, "machine", lambda: "arm64")
    assert environments.needs_dynoxide() is False
