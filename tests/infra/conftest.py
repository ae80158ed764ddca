"""What tests of the templates share: a template made for the target that their file calls `TARGET`, and what cfn-lint
has said of one stage.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra import lint
from infra.expand import expand
from infra.targets import Target
from infra.template_app import finish
from tests.infra.planted.sample import packaged, project


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """The file's `TARGET`, for a project of two domains."""
    of_file: Target = request.module.TARGET
    return replace(of_file, project=project(tmp_path_factory.mktemp("project")))


@pytest.fixture(scope="module")
def chalice(target: Target) -> dict[str, Any]:
    """What Chalice packages for it."""
    return packaged(target)


@pytest.fixture(scope="module")
def sam(chalice: dict[str, Any], target: Target) -> dict[str, Any]:
    """The template as it is sent to CloudFormation."""
    return finish(chalice, target)


@pytest.fixture(scope="module")
def template(sam: dict[str, Any], target: Target) -> dict[str, Any]:
    """The template as CloudFormation expands it."""
    return expand(sam, target.region)


@pytest.fixture(scope="session", autouse=True)
def linted_once_for_all_stages() -> Iterator[None]:
    """What is right for one stage is right for another that differs by its name alone: cfn-lint reads a template for
    four seconds. Names themselves are the business of `infra.targets`.
    """
    right: set[str] = set()
    really = lint.lint

    def nameless(template: dict[str, Any]) -> str:
        stage = str(template.get("Description", "")).partition(":")[0].split()[1:2]
        text = json.dumps(template, sort_keys=True)
        return re.sub(rf"(?<![a-z0-9]){stage[0]}(?![a-z0-9])", "<stage>", text) if stage else text

    def once(template: dict[str, Any], region: str) -> list[str]:
        shape = f"{region} {nameless(template)}"
        if shape in right:
            return []
        found = really(template, region)
        if not found:
            right.add(shape)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lint, "lint", once)
        yield
