"""A merchant's shops: they are businesses, not persons, but they stand in the way of an erasure."""

from collections.abc import Sequence

from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Matter, Told, every, plain
from chalicelib.shops.ports import Shop, ShopPorts


def personal_data(ports: ShopPorts, account_id: str) -> Told:
    """Return which shops they run; what the shops say is public."""
    return {"shops": [{"id": one.id, "name": plain(one.name)} for one in _shops(ports, account_id)]}


def open_matters(ports: ShopPorts, account_id: str) -> Sequence[Matter]:
    """Return the shops that they run."""
    text = Text("You run shops: hand them over or have support close them.", "您名下有店铺，请先转让或联系客服关闭。")
    ids = tuple(one.id for one in _shops(ports, account_id))
    return [Matter("runs-shops", text, ids)] if ids else []


def _shops(ports: ShopPorts, account_id: str) -> list[Shop]:
    return list(every(lambda after, limit: ports.store.of_merchant(account_id, after, limit)))
