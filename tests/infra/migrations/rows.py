"""Rows as an earlier version of the app wrote them."""

from typing import Any

from infra.migrations.items import typed


def order(number: int) -> dict[str, Any]:
    """Return an order, in typed JSON, whose only line says nothing of who does not come."""
    line = {"id": "lin_1", "price": 12_000, "late_fee_bps": 5_000}
    return typed({"pk": f"ord_{number}", "sk": "ORDER", "version": 1, "lines": [line]})
