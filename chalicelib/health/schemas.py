"""What health says over the wire."""

from typing import Literal

from chalicelib.kit.http import Wire


class Health(Wire):
    """The stack answers, and which one it is."""

    status: Literal["ok"]
    stage: str
    region: str
