"""A project with all functions and no code in them: what packaging and templates are tested on."""

import json
import shutil
from pathlib import Path
from typing import Any

from infra.targets import ROOT, Target

APP = """import os

from chalice import Blueprint, Chalice, Response
{imports}
app = Chalice("linli")
app.api.binary_types = ["application/octet-stream"]
{registrations}

@app.route("/v1/health")
def health():
    return {{"status": "ok", "stage": os.environ["STAGE"], "region": os.environ["AWS_REGION"]}}


@app.route("/v1/regions")
def regions():
    return {{"here": os.environ["AWS_REGION"], "items": []}}


@app.route("/v1/search/suggestions")
def suggestions():
    return {{"items": []}}


@app.route("/v1/ticket-keys")
def ticket_keys():
    return {{"keys": []}}


@app.route("/v1/shops/{{shop_id}}")
def shop(shop_id):
    problem = {{"type": "about:blank", "title": "No such shop", "status": 404, "code": "shop-not-found"}}
    return Response(problem, {{"Content-Type": "application/problem+json"}}, 404)
"""
"""With what `infra.smoke` asks for."""
FUNCTIONS = {
    "outbox": (("stream", "relay", "outbox-relay"), ("schedule", "sweep", "outbox-sweep")),
    "notifications": (
        ("sqs", "deliver", "notifications-deliver"),
        ("schedule", "notices_sweep", "notifications-sweep"),
    ),
    "search": (
        ("sqs", "index", "search-index"),
        ("schedule", "pack", "search-pack"),
        ("schedule", "free", "search-free"),
    ),
    "payments": (("sqs", "work", "payments-work"), ("schedule", "sweep", "payments-sweep")),
    "payouts": (("sqs", "payouts_work", "payouts-work"), ("schedule", "payouts_run", "payouts-run")),
    "orders": (("schedule", "expire_holds", "orders-expire"),),
    "booking": (("sqs", "booking_work", "booking-work"), ("schedule", "answers", "booking-answers")),
    "audit": (("schedule", "seal", "audit-seal"),),
    "calendars": (("schedule", "fetch", "calendars-fetch"),),
    "coupons": (("schedule", "expire", "coupons-expire"),),
    "reviews": (("schedule", "open", "reviews-open"), ("sqs", "reviews_media", "reviews-media")),
    "settlement": (("schedule", "settle", "settlement-run"),),
    "reconciliation": (("schedule", "reconcile", "reconciliation-run"),),
    "accounts": (("pure", "grant_role", "accounts-grant-role"), ("pure", "reset_factors", "accounts-reset-factors")),
    "moderation": (("sqs", "judge", "moderation-work"), ("schedule", "moderation_sweep", "moderation-sweep")),
    "vetting": (("schedule", "look_after", "vetting-sweep"),),
    "outreach": (("schedule", "run", "outreach-run"),),
    "reach": (("pure", "texts", "reach-texts"),),
    "reminders": (("sqs", "plan", "reminders-plan"), ("schedule", "sweep", "reminders-sweep")),
    "webhooks": (("sqs", "hooks_deliver", "webhooks-deliver"), ("schedule", "hooks_retry", "webhooks-retry")),
    "privacy": (
        ("pure", "reseal", "privacy-reseal"),
        ("sqs", "privacy_work", "privacy-work"),
        ("schedule", "privacy_run", "privacy-run"),
    ),
}
DECORATORS = {
    "stream": "bp.on_dynamodb_record(stream_arn='arn:aws:dynamodb:x:1:table/x/stream/y', name='{name}')",
    "schedule": "bp.schedule('rate(1 minute)', name='{name}')",
    "sqs": "bp.on_sqs_message(queue='placeholder', batch_size=1, name='{name}')",
    "pure": "bp.lambda_function(name='{name}')",
}


def project(folder: Path, domains: tuple[str, ...] = tuple(FUNCTIONS)) -> Path:
    """Write the project into a folder, with the real configuration and policies."""
    imports, registrations = [], []
    for domain in domains:
        text = "from chalice import Blueprint\n\nbp = Blueprint(__name__)\n"
        for kind, function, name in FUNCTIONS[domain]:
            arguments = "event, context" if kind == "pure" else "event"
            text += f"\n\n@{DECORATORS[kind].format(name=name)}\ndef {function}({arguments}):\n    print(event)\n"
        path = folder / "chalicelib" / domain / "events.py"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        (path.parent / "__init__.py").write_text("")
        imports.append(f"from chalicelib.{domain}.events import bp as {domain}")
        registrations.append(f"app.register_blueprint({domain})")
    (folder / "chalicelib").mkdir(exist_ok=True)
    (folder / "chalicelib" / "__init__.py").write_text("")
    (folder / "app.py").write_text(APP.format(imports="\n".join(imports), registrations="\n".join(registrations)))
    (folder / "requirements.txt").write_text("")
    shutil.copytree(ROOT / ".chalice", folder / ".chalice", ignore=shutil.ignore_patterns("deploy*", "venv"))
    return folder


def packaged(target: Target) -> dict[str, Any]:
    """Return the template that Chalice writes for the project."""
    from infra.package import _run_chalice, _stage_sources

    work = target.project / "work"
    _stage_sources(work, target)
    return json.loads((_run_chalice(work, target) / "sam.json").read_text())
