"""Faults that AWS would refuse, or that would only show in production, found before anything is changed.

`offline` looks at the templates and the package, `online` at the account too. What cfn-lint finds (`infra.lint`) is not
looked for again. The faults are planted one by one in tests/infra/planted.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from infra import (
    canary,
    concurrency,
    preflight_account,
    preflight_channels,
    preflight_domain,
    preflight_iam,
    preflight_template,
    preflight_wiring,
    shape,
)
from infra.preflight_account import AccountFacts
from infra.references import Template
from infra.targets import Target

_TEMPLATE_CHECKS = (
    preflight_template.queues_outlast_their_functions,
    preflight_template.batches_have_windows,
    preflight_template.queues_exist,
    preflight_template.worked_queues_have_dead_letters,
    preflight_template.environments_fit,
    preflight_template.apis_are_small_enough,
    concurrency.queues_are_bounded,
    canary.calls_pass_the_alias,
    preflight_iam.triggers_are_allowed,
    preflight_iam.policies_fit,
    preflight_iam.policies_are_narrow,
    preflight_iam.policies_name_what_exists,
    *preflight_wiring.CHECKS,
)


class Finding(NamedTuple):
    """What a check found: the check's name, and one sentence."""

    check: str
    line: str


def _found(check: Callable[..., Iterable[str]], *asked: Any) -> list[Finding]:
    return [Finding(check.__name__, line) for line in check(*asked)]


def offline_findings(app: Template, zip_path: Path, target: Target) -> list[Finding]:
    """Return what the app's template and the package alone show."""
    return [
        *(one for check in _TEMPLATE_CHECKS for one in _found(check, app)),
        *_found(preflight_template.names_fit, app, target.prefix),
        *_found(preflight_template.package_fits, app, zip_path, target),
        *_found(preflight_domain.certificates_are_of_the_region, app, target),
        *_found(preflight_wiring.nothing_is_elsewhere, app, target.region),
    ]


def online_findings(data: Template, app: Template, facts: AccountFacts) -> list[Finding]:
    """Return what shows only beside the account."""
    return [
        *_found(preflight_account.table_names_are_free, data, facts),
        *_found(shape.nothing_is_lost, data, facts),
        *_found(preflight_account.concurrency_is_there, app, facts),
        *_found(concurrency.queues_leave_room, app, facts),
        *_found(preflight_domain.certificate_is_good, facts.certificate),
        *_found(preflight_channels.channels_are_there, facts.channels),
    ]


def offline(app: Template, zip_path: Path, target: Target) -> list[str]:
    """Return what the app's template and the package alone show, one sentence each."""
    return [one.line for one in offline_findings(app, zip_path, target)]


def online(data: Template, app: Template, facts: AccountFacts) -> list[str]:
    """Return what shows only beside the account, likewise."""
    return [one.line for one in online_findings(data, app, facts)]
