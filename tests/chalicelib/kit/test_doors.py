import json
from pathlib import Path

import pytest

import app
from chalicelib.kit.doors import Doors

EVENT = Path(__file__).parents[2] / "events" / "api.json"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    path = tmp_path / "doors.json"
    path.write_text(json.dumps({"/v1/health": ["health"]}))
    return path


def test_a_path_that_nobody_knows_opens_nothing(index: Path) -> None:
    made = Doors("linli", app.ROUTES, app.WORKERS, index)
    made.open()
    event = json.loads(EVENT.read_text())
    event["requestContext"]["resourcePath"] = "/v1/nothing"
    assert made(event, None)["statusCode"] in {404, 405, 500}
    assert made.routes.get("/v1/nothing", {}) == {}
    assert "/v1/health" not in made.routes


def test_without_an_index_everything_is_there() -> None:
    assert app.app.index()["/v1/health"] == ["health"]
    assert app.app.index()["/v1/openapi.json"] == list(app.ROUTES)
    folders = Path(app.__file__).parent / "chalicelib"
    having = {path.parent.name for path in folders.glob("*/routes.py")} | {
        path.parent.parent.name for path in folders.glob("*/routes/__init__.py")
    }
    assert set(app.ROUTES) == having
    assert set(app.WORKERS) == {path.parent.name for path in folders.glob("*/events.py") if path.parent.name != "kit"}
    assert not (folders / "doors.json").exists(), "only a package has one"
