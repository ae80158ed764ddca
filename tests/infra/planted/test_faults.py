import copy
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from infra import preflight
from infra.changes import Source
from infra.expand import expand
from infra.lint import lint
from infra.preflight_account import code_is_uploaded
from infra.preflight_template import delivery
from infra.targets import Target
from infra.template_app import finish
from infra.template_data import data_template
from tests.infra.planted.faults import FAULTS, Scene
from tests.infra.planted.sample import FUNCTIONS, packaged, project

TARGET = Target.aws(stage="prod", region="ap-southeast-1")
CAUGHT: dict[str, str] = {}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("project")
    target = replace(TARGET, project=project(folder))
    return Scene(data_template(target), expand(finish(packaged(target), target), target.region))


@pytest.fixture(scope="module", autouse=True)
def table():
    yield
    width = max(map(len, CAUGHT), default=0)
    print("\n" + "\n".join(f"{name:<{width}}  {by}" for name, by in CAUGHT.items()))  # noqa: T201 - the table that is asked for


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


def _preflight(scene: Scene, folder: Path) -> list[str]:
    source = Source(scene.app, None if scene.inline else "https://example.invalid/template")
    return [
        *preflight.offline(scene.app, _zip(folder, scene), TARGET),
        *preflight.online(scene.data, scene.app, scene.facts),
        *delivery(source, scene.capabilities),
        *code_is_uploaded("packages/x.zip", frozenset({"packages/x.zip"} if scene.uploaded else ())),
    ]


def test_what_is_right_passes(right, tmp_path):
    assert _preflight(right, tmp_path) == []
    assert lint(right.app, TARGET.region) == []
    assert lint(right.data, TARGET.region) == []


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_caught(name, right, tmp_path):
    scene = copy.deepcopy(right)
    FAULTS[name](scene)
    found = _preflight(scene, tmp_path)
    # Each template is linted only where preflight is silent and the fault lies in it: linting takes seconds.
    linted = []
    if not found:
        changed = [now for now, was in ((scene.app, right.app), (scene.data, right.data)) if now != was]
        linted = [line for template in changed for line in lint(template, TARGET.region)]
    CAUGHT[name] = f"preflight: {found[0]}" if found else f"cfn-lint: {linted[0]}" if linted else "NOT CAUGHT"
    assert found or linted
