"""Loads the demo shops once into a local stack; the mark that they are there lies in the same state as they do."""

import importlib
import importlib.util

from botocore.exceptions import ClientError
from rich.console import Console

from infra.local.addresses import Addresses
from infra.targets import APP, Target


def mark_name(target: Target) -> str:
    """Name of the parameter that says which demo data is loaded; outside of the path of the secrets."""
    return f"/{APP}-marks/{target.stage}/demo-data"


def load_demo_data(target: Target, addresses: Addresses, console: Console) -> bool:
    """Load the demo data unless this stack has the same version of it; True when it was loaded now."""
    if importlib.util.find_spec("infra.demo_data") is None:
        return False
    demo_data = importlib.import_module("infra.demo_data")
    parameters = target.client("ssm")
    try:
        loaded = parameters.get_parameter(Name=mark_name(target))["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        loaded = None
    if loaded == demo_data.VERSION:
        return False
    demo_data.load(target, addresses, console)
    parameters.put_parameter(Name=mark_name(target), Value=demo_data.VERSION, Type="String", Overwrite=True)
    return True
