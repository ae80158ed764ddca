"""What coupons say of a person: that they have them. They stay under the account's id."""

from chalicelib.coupons.ports import CouponsPorts
from chalicelib.kit.personal import Told, every, plain


def personal_data(ports: CouponsPorts, account_id: str) -> Told:
    """Return their coupons."""
    coupons = every(lambda after, limit: ports.store.of_customer(account_id, after, limit))
    return {"coupons": [plain(one, "purses", "version") for one in coupons]}
