"""What can be done with shops."""

from chalicelib.kit.errors import NotFound
from chalicelib.shops.ports import ShopPorts
from chalicelib.shops.rules import Listing, Shop


def shop(ports: ShopPorts, shop_id: str) -> Shop:
    """Return a shop: one consistent read.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.shop(shop_id)
    if found is None:
        raise NotFound("shop")
    return found


def listing(ports: ShopPorts, shop_id: str) -> Listing:
    """Return a shop with its offerings and staff, the inactive too: one consistent query of its partition.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.listing(shop_id)
    if found is None:
        raise NotFound("shop")
    return found
