"""Which notices somebody gets."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy
from chalicelib.kit.http import Call, endpoint
from chalicelib.profiles import schemas, use_cases
from chalicelib.profiles.routes.blueprint import TAG, bp

_PATH = "/v1/me/notice-choices"


@endpoint(
    bp, "GET", _PATH, summary="Which notices I get", tag=TAG, needs=Permission.PROFILE_OWN, returns=schemas.Choices
)
def choices(call: Call) -> schemas.Choices:
    return schemas.Choices.of(use_cases.choices(wiring.choosing(), call.actor))


@endpoint(
    bp, "PATCH", _PATH, summary="Switch notices on or off, set quiet hours", tag=TAG, needs=Permission.PROFILE_OWN,
    body=schemas.ChoicesChange, returns=schemas.Choices, errors=(Busy,),
)  # fmt: skip
def change_choices(call: Call) -> schemas.Choices:
    body: schemas.ChoicesChange = call.body
    switches = [one.switch() for one in body.switches]
    return schemas.Choices.of(
        use_cases.change_choices(wiring.profiles(), call.actor, switches, body.quiet(), body.gathered())
    )
