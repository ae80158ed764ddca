"""Imports point one way: the shipped tree has no wrong arrow, and the checker sees the ones we plant."""

import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests import arrows

ROOT = Path(__file__).parents[1]
APP_LINES = 60


def plant(root: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return arrows.wrong(arrows.read(root))


def test_no_arrow_of_the_shipped_tree_is_wrong() -> None:
    assert arrows.wrong(arrows.read(ROOT)) == []


def test_the_arrows_between_domains_make_no_circle() -> None:
    tuple(graphlib.TopologicalSorter(arrows.DOMAINS).static_order())


def test_every_domain_has_its_arrows_written_down() -> None:
    folders = {path.parent.name for path in (ROOT / "chalicelib").glob("*/__init__.py")}
    assert folders - {"kit", "wiring", arrows.ADMIN} <= set(arrows.DOMAINS)


def test_app_is_a_table_of_contents() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) <= APP_LINES


def test_wiring_works_without_the_app() -> None:
    code = "import sys, chalicelib.wiring; sys.exit('app' in sys.modules or 'chalice' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("orders/rules.py", "import chalice", "chalice is for"),
        ("orders/rules.py", "import boto3", "boto3 is for"),
        ("orders/use_cases.py", "from stripe import Charge", "stripe is for"),
        ("orders/use_cases.py", "from botocore.config import Config", "botocore is for"),
        ("orders/use_cases.py", "def f():\n    import pynamodb.models", "pynamodb is for"),
        ("orders/routes.py", "from pynamodb.models import Model", "pynamodb is for"),
        ("orders/store.py", "import boto3", "boto3 is for"),
        ("orders/events.py", "import stripe", "stripe is for"),
        ("kit/money.py", "import chalice", "chalice is for"),
        ("orders/use_cases.py", "from chalicelib.orders import store", "only the wiring makes stores"),
        ("orders/use_cases.py", "from .store import OrdersStore", "only the wiring makes stores"),
        ("orders/routes.py", "from chalicelib.orders.gateways.stripe import Pay", "only the wiring makes stores"),
        ("orders/use_cases.py", "from chalicelib.orders.schemas import Order", "schemas are for the wire"),
        ("orders/use_cases/cancel.py", "from ..schemas import Order", "schemas are for the wire"),
        ("orders/store.py", "from chalicelib.orders.routes import bp", "entrances"),
        ("orders/use_cases.py", "from chalicelib import wiring", "only routes and events ask the wiring"),
        ("orders/rules.py", "from chalicelib.settings import settings", "take settings as arguments"),
        ("orders/use_cases.py", "from chalicelib.payments.use_cases import pay", "orders may call"),
        ("ledger/use_cases.py", "from chalicelib.orders.ports import Orders", "ledger may call no other domain"),
        ("payments/use_cases.py", "from chalicelib.orders.store import OrdersStore", "only the wiring makes stores"),
        ("payments/use_cases.py", "from chalicelib.orders.rules import total", "of another domain only"),
        ("payments/use_cases.py", "from chalicelib.orders.schemas import Order", "schemas are for the wire"),
        ("payments/store.py", "from chalicelib.orders.page_schemas import Order", "schemas are for the wire"),
        ("payments/routes.py", "from chalicelib.orders.schemas import Order", "of another domain only"),
        ("orders/schemas/order.py", "from chalicelib.payments.schemas import Payment", "orders may call"),
        ("orders/use_cases.py", "from chalicelib.admin.use_cases import grant", "orders may call"),
        ("kit/money.py", "from chalicelib.orders.use_cases import cancel", "the kit knows no domain"),
        ("wiring.py", "from chalicelib.orders.routes import bp", "wiring works without"),
        ("orders/use_cases.py", "import infra.tables", "does not ship"),
        ("orders/events.py", "from app import app", "app.py"),
    ],
)
def test_a_wrong_arrow_is_seen(tmp_path: Path, file: str, text: str, reason: str) -> None:
    files = {
        "chalicelib/wiring.py": "",
        "chalicelib/settings.py": "",
        "chalicelib/orders/__init__.py": "",
        "chalicelib/orders/store.py": "",
        "chalicelib/orders/schemas.py": "",
        "chalicelib/orders/page_schemas.py": "",
        f"chalicelib/{file}": text,
    }
    found = plant(tmp_path, files)
    assert len(found) == 1, found
    assert reason in found[0]


def test_a_use_case_that_reaches_a_vendor_by_way_of_the_kit_is_seen(tmp_path: Path) -> None:
    found = plant(
        tmp_path,
        {
            "chalicelib/orders/use_cases.py": "from chalicelib.kit.prices import price",
            "chalicelib/kit/prices.py": "from chalicelib.kit import dynamo",
            "chalicelib/kit/dynamo.py": "import pynamodb",
        },
    )
    path = "chalicelib.orders.use_cases -> chalicelib.kit.prices -> chalicelib.kit.dynamo -> pynamodb"
    assert found == [f"chalicelib.orders.use_cases reaches pynamodb: {path}"]


def test_right_arrows_pass(tmp_path: Path) -> None:
    found = plant(
        tmp_path,
        {
            "app.py": "import chalice\nfrom chalicelib.orders import routes",
            "chalicelib/wiring.py": "from chalicelib.orders.store import OrdersStore",
            "chalicelib/kit/call.py": "import chalice\ndef f():\n    from chalicelib import wiring",
            "chalicelib/orders/routes.py": "import chalice\nfrom chalicelib import wiring\nfrom .schemas import Order",
            "chalicelib/orders/schemas.py": "import pydantic",
            "chalicelib/payments/schemas.py": "from chalicelib.orders.schemas import Order",
            "chalicelib/orders/store.py": "import pynamodb\nfrom chalicelib.orders.rules import total",
            "chalicelib/orders/use_cases.py": "from chalicelib.orders.rules import total\n"
            "from chalicelib.settlement.use_cases import accrue\nfrom chalicelib.coupons.ports import Coupons",
            "chalicelib/orders/rules.py": "from typing import TYPE_CHECKING\nfrom chalicelib.kit.money import Money\n"
            "if TYPE_CHECKING:\n    from chalicelib.kit.http import Call",
            "chalicelib/payments/gateways/stripe.py": "import stripe\nfrom chalicelib.payments.ports import Provider",
            "chalicelib/admin/use_cases.py": "from chalicelib.booking.use_cases import cancel",
        },
    )
    assert found == []
