"""Preflight: what the templates and the package alone show and no linter sees."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.changes import INLINE_LIMIT, Source
from infra.changes import capabilities as needed_capabilities
from infra.dependencies import fits_host_only
from infra.package_check import UNZIPPED_LIMIT, elf_architectures
from infra.references import Template, arns, of_type, render
from infra.targets import Target

ENVIRONMENT_LIMIT = 4096
"""Bytes that the names and values of a function's environment may have together."""
REST_RESOURCES_LIMIT = 300
"""Resources (path parts) that one REST API may have by default."""
TEMPLATE_LIMIT = 1_000_000
"""Bytes of a template that CloudFormation takes by URL."""
NAME_LIMIT = 64
"""Characters of a function's name."""
_SQS_BATCH_WITHOUT_WINDOW = 10
_DEFAULT_VISIBILITY = 30
_DEFAULT_TIMEOUT = 3
_PARAMETER, _ARN = re.compile(r"\$\{[^}]+\}"), 100


def _mappings(template: Template) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """Yield (id, properties, function's id, source's ARN) of every event source mapping."""
    for key, mapping in of_type(template, "AWS::Lambda::EventSourceMapping"):
        function = mapping["FunctionName"]
        name = function.get("Ref", "") if isinstance(function, dict) else function
        yield key, mapping, name, render(mapping["EventSourceArn"], template)


def _queue(arn: str, template: Template) -> dict[str, Any] | None:
    for key, queue in of_type(template, "AWS::SQS::Queue"):
        if render({"Fn::GetAtt": [key, "Arn"]}, template) == arn:
            return queue
    return None


def queues_outlast_their_functions(template: Template) -> Iterator[str]:
    """Lambda refuses a queue whose messages come back while the function may still be at them."""
    for key, _, function, arn in _mappings(template):
        queue = _queue(arn, template)
        if queue is None:
            continue
        visible = queue.get("VisibilityTimeout", _DEFAULT_VISIBILITY)
        timeout = template["Resources"].get(function, {}).get("Properties", {}).get("Timeout", _DEFAULT_TIMEOUT)
        if visible < timeout:
            yield f"{key}: the queue's visibility time-out of {visible} s is below {function}'s time-out of {timeout} s"


def batches_have_windows(template: Template) -> Iterator[str]:
    """Lambda refuses more than ten messages of a queue at once unless they may be waited for."""
    for key, mapping, _, arn in _mappings(template):
        large = ":sqs:" in arn and mapping.get("BatchSize", 1) > _SQS_BATCH_WITHOUT_WINDOW
        if large and mapping.get("MaximumBatchingWindowInSeconds", 0) < 1:
            yield f"{key}: a batch of {mapping['BatchSize']} needs a batching window of at least a second"


def queues_exist(template: Template) -> Iterator[str]:
    """An event source or dead-letter queue that this stack does not make is not there."""
    queues = arns(template, "AWS::SQS::Queue")
    for key, _, _, arn in _mappings(template):
        if ":sqs:" in arn and arn not in queues:
            yield f"{key}: no such queue: {arn}"
    for key, queue in of_type(template, "AWS::SQS::Queue"):
        target = queue.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        if target is not None and render(target, template) not in queues:
            yield f"{key}: no such dead-letter queue: {render(target, template)}"


def worked_queues_have_dead_letters(template: Template) -> Iterator[str]:
    """A queue with a function at its end needs a place for what the function cannot work."""
    for key, _, _, arn in _mappings(template):
        queue = _queue(arn, template)
        if queue is not None and "RedrivePolicy" not in queue:
            yield f"{key}: its queue has no dead-letter queue"


def environments_fit(template: Template) -> Iterator[str]:
    """Lambda refuses an environment over 4 KB. A parameter, which only the deployment knows, counts as an ARN."""
    for key, function in of_type(template, "AWS::Lambda::Function"):
        variables = function.get("Environment", {}).get("Variables", {})
        written = {name: render(value, template) for name, value in variables.items()}
        size = sum(len((name + _PARAMETER.sub("x" * _ARN, value)).encode()) for name, value in written.items())
        if size > ENVIRONMENT_LIMIT:
            yield f"{key}: its environment has {size} bytes, over {ENVIRONMENT_LIMIT}"


def apis_are_small_enough(template: Template) -> Iterator[str]:
    """API Gateway refuses more resources than its quota; every part of a path is one."""
    for key, api in of_type(template, "AWS::ApiGateway::RestApi"):
        parts = {"/"}
        for path in api.get("Body", {}).get("paths", {}):
            steps = path.strip("/").split("/")
            parts |= {"/" + "/".join(steps[: end + 1]) for end in range(len(steps))}
        if len(parts) > REST_RESOURCES_LIMIT:
            yield f"{key}: {len(parts)} resources in one REST API, over {REST_RESOURCES_LIMIT}"


def names_fit(template: Template, prefix: str) -> Iterator[str]:
    """Lambda refuses names over 64 characters; long stages make long names."""
    for key, function in of_type(template, "AWS::Lambda::Function"):
        name = render(function.get("FunctionName", key), template).replace("${QueuePrefix}", prefix)
        if len(name) > NAME_LIMIT:
            yield f"{key}: the name {name} has {len(name)} characters, over {NAME_LIMIT}"


def package_fits(template: Template, zip_path: Path, target: Target) -> Iterator[str]:
    """The package has every function's module, loads on its architecture and is small enough."""
    with zipfile.ZipFile(zip_path) as archive:
        names = set(archive.namelist())
        size = sum(info.file_size for info in archive.infolist())
        machines = {machine for _, machine in elf_architectures(archive)}
    if size > UNZIPPED_LIMIT:
        yield f"the package is {size / 1e6:.0f} MB unzipped, over {UNZIPPED_LIMIT / 1e6:.0f} MB"
    for key, function in of_type(template, "AWS::Lambda::Function"):
        module = function["Handler"].rpartition(".")[0].replace(".", "/")
        if not {f"{module}.py", f"{module}/__init__.py"} & names:
            yield f"{key}: {module}.py is not in the package"
        (architecture,) = function.get("Architectures", ["x86_64"])
        if architecture != target.architecture:
            yield f"{key}: runs on {architecture}, but the target is {target.architecture}"
        elif machines - {architecture} and not fits_host_only(target):
            yield f"{key}: runs on {architecture}, but the package is built for {', '.join(sorted(machines))}"


def delivery(source: Source, given: list[str]) -> Iterator[str]:
    """CloudFormation refuses large templates inline, and roles that nobody acknowledged."""
    size = len(source.body.encode())
    if source.url is None and size > INLINE_LIMIT:
        yield f"the template has {size} bytes, over {INLINE_LIMIT}: it has to be passed by URL"
    if size > TEMPLATE_LIMIT:
        yield f"the template has {size} bytes, over {TEMPLATE_LIMIT}"
    implied = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} if "CAPABILITY_NAMED_IAM" in given else set(given)
    yield from (f"the template needs {name}" for name in needed_capabilities(source.template) if name not in implied)
