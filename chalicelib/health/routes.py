"""Is it up: answered without touching a table."""

from chalice.app import Blueprint

from chalicelib.health.schemas import Health
from chalicelib.kit.auth import PUBLIC
from chalicelib.kit.http import Call, endpoint
from chalicelib.settings import settings

bp = Blueprint(__name__)


@endpoint(bp, "GET", "/v1/health", summary="Is it up", tag="health", needs=PUBLIC, returns=Health)
def health(_call: Call) -> Health:
    return Health(status="ok", stage=settings().stage, region=settings().region)
