"""Shops' pages in memory: what `chalicelib.search.pages.Pages` promises."""

from dataclasses import replace

from chalicelib.kit.transaction import Contention
from chalicelib.search.pages import Kept


class FakePages:
    """Rows with stamps; `meddle` runs once before the next write, as a competitor would. Listings of which `too_long`
    is true are left out.
    """

    def __init__(self, too_long=lambda _listing: False) -> None:
        self.rows = {}
        self.writes = 0
        self.meddle = None
        self._too_long = too_long

    def page(self, shop_id, *, consistent):
        return self.rows.get(shop_id)

    def write(self, shop_id, before, page):
        if self.meddle:
            meddle, self.meddle = self.meddle, None
            meddle()
        if self.rows.get(shop_id) != before:
            raise Contention
        if page.listing is not None and self._too_long(page.listing):
            page = replace(page, listing=None)
        self.rows[shop_id] = Kept(before.stamp + 1 if before else 1, page)
        self.writes += 1

    def versions(self, shop_ids):
        known = {one: self.rows[one] for one in shop_ids if one in self.rows}
        return {one: kept.page.version if kept.page else 0 for one, kept in known.items()}

    def write_new(self, pages):
        for shop_id, page in pages:
            self.write(shop_id, None, page)
