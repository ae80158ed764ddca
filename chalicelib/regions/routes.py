"""Discovery over HTTP: a client finds its region before it says who it is for."""

from chalice.app import Blueprint

from chalicelib import settings, wiring
from chalicelib.kit.auth import PUBLIC
from chalicelib.kit.http import Call, Reply, endpoint
from chalicelib.kit.i18n import Text
from chalicelib.kit.regions import REST, Region
from chalicelib.regions import schemas

bp = Blueprint(__name__)

_KEPT = "public, max-age=3600"  # regions come and go with deployments; the wrong one says so and names the right one


@endpoint(
    bp, "GET", "/v1/regions", summary="The regions, and whose accounts live in which", tag="regions",
    needs=PUBLIC, returns=schemas.Regions,
)  # fmt: skip
def regions(_call: Call) -> Reply:
    known, here = settings.regions(), settings.settings()
    listed = known.listed or (_alone(known.here),)
    found = schemas.regions(known.here, listed, here.currency, here.zone, settings.languages())
    return Reply(found.model_dump_json(), headers={"Cache-Control": _KEPT})


def _alone(region: str) -> Region:
    """Return the only region of a stage; its address is API Gateway's, or the operator's, as the app stack wrote it."""
    return Region(region, Text(region, region), wiring.public_url(), (REST,))
