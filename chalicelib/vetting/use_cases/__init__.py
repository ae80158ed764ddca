"""What can be done in vetting: apply, look and decide, and look after what was approved."""

from chalicelib.vetting.use_cases.apply import (
    Form,
    add_document,
    begin_upload,
    describe,
    mine,
    remove_document,
    submit,
)
from chalicelib.vetting.use_cases.names import block, blocked, unblock
from chalicelib.vetting.use_cases.review import Outcome, Shown, application, decide, links, waiting
from chalicelib.vetting.use_cases.sweep import Swept, look_after

__all__ = [
    "Form",
    "Outcome",
    "Shown",
    "Swept",
    "add_document",
    "application",
    "begin_upload",
    "block",
    "blocked",
    "decide",
    "describe",
    "links",
    "look_after",
    "mine",
    "remove_document",
    "submit",
    "unblock",
    "waiting",
]
