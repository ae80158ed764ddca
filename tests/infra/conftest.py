"""What tests of the templates share: a template made for the target that their file calls `TARGET`."""

from dataclasses import replace
from typing import Any

import pytest

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
