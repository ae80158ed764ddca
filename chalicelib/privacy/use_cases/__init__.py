"""What is done for the privacy of people."""

from chalicelib.privacy.use_cases.reseal import Walked, walk

__all__ = ["Walked", "walk"]
