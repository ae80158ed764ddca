"""What reads a message's variables returns this."""

from collections.abc import Callable, Mapping

from chalicelib.kit.i18n import Language

Words = Callable[[Language], Mapping[str, object]]
"""Returns the variables in a language; what is read for them is read before."""
