"""Which metrics there are: those that the shipped code sends, and AWS's own of the services that it runs on."""

import ast
from functools import cache

from infra.targets import ROOT

AWS_METRICS = {
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"},
    "AWS/Lambda": {
        "Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge",
        "ClaimedAccountConcurrency",
    },
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents",
        "TransactionConflict", "SystemErrors",
    },
    "AWS/SQS": {
        "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible",
    },
    "AWS/WAFV2": {"AllowedRequests", "BlockedRequests", "CountedRequests"},
    "AWS/Backup": {"NumberOfBackupJobsCompleted", "NumberOfBackupJobsFailed", "NumberOfCopyJobsFailed"},
    "AWS/Billing": {"EstimatedCharges"},
}  # fmt: skip
"""As AWS's documentation of each service lists them."""


@cache
def sent_by_the_code() -> frozenset[str]:
    """Names that `metric(...)` or a span's `count(...)` is called with, and of a request's use of the database."""
    found = set()
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                name = node.args[0].value
                # A text's own `count` counts anything.
                if called in {"metric", "count"} and isinstance(name, str) and name.isidentifier():
                    found.add(name)
            if isinstance(node, ast.FunctionDef) and node.name == "counts" and path.name == "dynamo.py":
                keys = (key for one in ast.walk(node) if isinstance(one, ast.Dict) for key in one.keys)
                found |= {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return frozenset(found)
