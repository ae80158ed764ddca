"""Where coupons come from; for other domains."""

from collections.abc import Mapping, Sequence

from chalicelib.coupons.ports import ClaimablePorts


def origins(ports: ClaimablePorts, coupon_ids: Sequence[str]) -> Mapping[str, str]:
    """Return the campaigns of those of some coupons that exist, by the coupons' ids."""
    unique = list(dict.fromkeys(coupon_ids))
    return {one.id: one.campaign_id for one in ports.store.coupons(unique)}
