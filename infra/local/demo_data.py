"""Loads the demo city once into a local stack; the mark that it is there lies in the same state as it does."""

from itertools import islice

from botocore.exceptions import ClientError

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.auth import Actor, Role
from chalicelib.search import use_cases as search
from chalicelib.search.use_cases.page import fill_pages
from chalicelib.shops import use_cases as shops
from infra import demo_city
from infra.importing.inside import inside
from infra.targets import APP, Target

MERCHANT_PHONE = "+8613900000001"
"""Runs all shops of the demo city; its sign-in codes arrive in the inbox like everybody's."""
ADMIN_PHONE = "+8613900000009"
_BATCH = 100


def mark_name(target: Target) -> str:
    """Name of the parameter that says which demo data is loaded; outside of the path of the secrets."""
    return f"/{APP}-marks/{target.stage}/demo-data"


def load_demo_data(target: Target) -> bool:
    """Load the demo data unless this stack has the same version of it; True when it was loaded now."""
    version = demo_city.version()
    parameters = target.client("ssm")
    try:
        loaded = parameters.get_parameter(Name=mark_name(target))["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        loaded = None
    if loaded == version:
        return False
    with inside(target):
        load()
    parameters.put_parameter(Name=mark_name(target), Value=version, Type="String", Overwrite=True)
    return True


def load() -> None:
    """Make the demo's accounts and bring its shops into the state that the generator says; safe to repeat."""
    accounts.grant_role(wiring.accounts(), Role.ADMIN, phone_text=ADMIN_PHONE)
    owner = accounts.grant_role(wiring.accounts(), Role.MERCHANT, phone_text=MERCHANT_PHONE)
    accounts.change_profile(wiring.accounts(), Actor(owner.id, owner.roles, "demo"), name="邻里演示商户")
    rows, written = demo_city.shops(), frozenset[str]()
    while batch := list(islice(rows, _BATCH)):
        imported = shops.import_many(wiring.shops(), owner.id, batch)
        if imported.rejected:
            raise ValueError(f"the demo city is not sound: {imported.rejected}")
        written |= search.index_many(wiring.search_index(), imported.listings, unrated=True).partitions
        fill_pages(wiring.pages(), imported.listings)
    search.pack(wiring.search_index(), written)
