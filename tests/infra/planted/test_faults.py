"""Every fault is caught before anything is deployed, by the check that the table in docs says."""

import copy
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from infra import lint as remembered
from infra import preflight
from infra.changes import Source
from infra.expand import expand
from infra.lint import lint
from infra.preflight import Finding
from infra.preflight_account import code_is_uploaded
from infra.preflight_template import delivery
from infra.targets import ROOT, Target
from infra.template_app import finish
from infra.template_data import data_template
from tests.infra.planted import faults, more_faults  # noqa: F401 - they fill the list
from tests.infra.planted.registry import BY, FAULTS, LISTED, Scene
from tests.infra.planted.sample import FUNCTIONS, packaged, project
from tests.infra.planted.slices import around

TARGET = Target.aws(stage="prod", region="ap-southeast-1")


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("project")
    target = replace(TARGET, project=project(folder))
    return Scene(data_template(target), expand(finish(packaged(target), target), target.region))


def _zip(folder: Path, scene: Scene) -> Path:
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("app.py", *(f"chalicelib/{domain}/events.py" for domain in FUNCTIONS)):
            archive.writestr(name, "")
        for name, content in scene.zip_extra.items():
            archive.writestr(name, content)
        if scene.zip_sizes:
            with archive.open(zipfile.ZipInfo("large.bin"), "w") as file:
                file.write(b"")
            archive.infolist()[-1].file_size = scene.zip_sizes
    return path


def _preflight(scene: Scene, folder: Path) -> list[Finding]:
    source = Source(scene.app, None if scene.inline else "https://example.invalid/template")
    return [
        *preflight.offline_findings(scene.app, _zip(folder, scene), TARGET),
        *preflight.online_findings(scene.data, scene.app, scene.facts),
        *(Finding("delivery", line) for line in delivery(source, scene.capabilities)),
        *(
            Finding("code_is_uploaded", line)
            for line in code_is_uploaded("packages/x.zip", frozenset({"packages/x.zip"} if scene.uploaded else ()))
        ),
    ]


def _linted(scene: Scene, right: Scene) -> list[Finding]:
    """Lint what the fault lies in, with all that it names: the whole template takes four seconds."""
    pairs = ((scene.app, right.app), (scene.data, right.data))
    parts = [around(now, was) for now, was in pairs if now != was]
    return [Finding(f"cfn-lint {line.split()[0]}", line) for part in parts for line in lint(part, TARGET.region)]


def test_what_is_right_passes(right, tmp_path):
    assert _preflight(right, tmp_path) == []
    assert remembered.lint(right.app, TARGET.region) == []
    assert remembered.lint(right.data, TARGET.region) == []


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_caught(name, right, tmp_path, record_property):
    scene = copy.deepcopy(right)
    FAULTS[name](scene)
    found = _linted(scene, right) if BY[name].startswith("cfn-lint") else _preflight(scene, tmp_path)
    record_property("caught", f"{name}: {BY[name]}")
    assert BY[name] in {one.check for one in found}, found


def test_a_part_that_is_linted_is_right_without_the_fault(right):
    scene = copy.deepcopy(right)
    scene.resource("SearchIndex")["Metadata"] = {"planted": "nothing wrong"}
    part = around(scene.app, right.app)
    assert {"SearchIndex", "SearchIndexRole", "SearchIndexLogGroup"} <= part["Resources"].keys()
    assert _linted(scene, right) == []


def test_of_the_listed_kinds_at_least_thirty_are_caught_and_the_docs_say_how_many():
    assert len(LISTED) == len(set(LISTED)) == 32
    assert set(LISTED) <= FAULTS.keys()
    others = Counter(by.partition(" ")[0] == "cfn-lint" for by in BY.values())
    line = (
        f"{len(LISTED)} of 32 listed kinds and {len(BY) - 32} more are caught: {others[True]} by cfn-lint, "
        f"{others[False]} by {len(set(BY.values()) - {by for by in BY.values() if by.startswith('cfn-lint')})} checks of our own"
    )
    print("\n" + line)  # noqa: T201 - the line that is asked for
    table = "\n".join(f"| {name} | {'yes' if name in LISTED else ''} | {by} |" for name, by in BY.items())
    told = (ROOT / "docs" / "local-and-aws.md").read_text(encoding="utf-8")
    assert line in told, line
    assert table in told, table
