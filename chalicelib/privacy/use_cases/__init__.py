"""What is done for the privacy of people."""

from chalicelib.privacy.use_cases.consent import agreed, allows, consents, history, say, text
from chalicelib.privacy.use_cases.reseal import Walked, walk

__all__ = ["Walked", "agreed", "allows", "consents", "history", "say", "text", "walk"]
