"""What is done for the privacy of people."""

from chalicelib.privacy.use_cases.consent import agreed, allows, consents, history, say, text
from chalicelib.privacy.use_cases.erasure import Ran, Standing
from chalicelib.privacy.use_cases.erasure import ask as ask_erasure
from chalicelib.privacy.use_cases.erasure import run as run_erasures
from chalicelib.privacy.use_cases.erasure import standing as erasure
from chalicelib.privacy.use_cases.erasure import withdraw as withdraw_erasure
from chalicelib.privacy.use_cases.export import Shown
from chalicelib.privacy.use_cases.export import ask as ask_export
from chalicelib.privacy.use_cases.export import fetch as fetch_export
from chalicelib.privacy.use_cases.export import make as make_export
from chalicelib.privacy.use_cases.export import mine as exports
from chalicelib.privacy.use_cases.reseal import Walked, walk

__all__ = [
    "Ran",
    "Shown",
    "Standing",
    "Walked",
    "agreed",
    "allows",
    "ask_erasure",
    "ask_export",
    "consents",
    "erasure",
    "exports",
    "fetch_export",
    "history",
    "make_export",
    "run_erasures",
    "say",
    "text",
    "walk",
    "withdraw_erasure",
]
