"""Free maps in memory: what `chalicelib.search.free_ports.Maps` and `MapCards` promise, and `ports.Places` of maps."""

from chalicelib.kit.transaction import Contention
from chalicelib.search import free_maps, geohash
from chalicelib.search.ports import category_index
from chalicelib.search.rules import place_of


class FakeMaps:
    """Maps and heads by shop and date. `meddle` runs once before the next write, as a competitor would."""

    def __init__(self, cards=()):
        self.kept = {}
        self.rows = {}
        self.card_rows = {}
        self.meddle = None
        self.writes = 0
        self.state = None
        self.asked = False
        for card in cards:
            self.put_card(card)

    def put_card(self, card):
        """Have the card of a shop in its categories, and nowhere else."""
        self.card_rows = {key: one for key, one in self.card_rows.items() if one.shop_id != card.shop_id}
        partition, position = place_of(card.lat, card.lon)
        for category in card.categories:
            self.card_rows[category_index(category), partition, f"{position}#{card.shop_id}"] = card

    def heads(self, shop_id, days):
        return {day: self.kept[shop_id, day] for day in days if (shop_id, day) in self.kept}

    def write(self, entries):
        if self.meddle:
            meddle, self.meddle = self.meddle, None
            meddle()
        for entry in entries:
            key = entry.shop_id, entry.day
            if self.kept.get(key) != entry.before:
                raise Contention
            for row in self._keys(entry, entry.before):
                self.rows.pop(row, None)
            for row in self._keys(entry, entry.after):
                self.rows[row] = entry.after.stamp, entry.packed
            self.kept[key] = entry.after
        self.writes += 1

    def _keys(self, entry, head):
        if head is None or head.place is None:
            return []
        partition, position = head.place
        indexes = [free_maps.map_index(entry.day, category) for category in head.categories]
        return [(index, partition, f"{position}#{entry.shop_id}", entry.day) for index in indexes]

    def read(self, index, runs):
        found = []
        for (name, partition, sk, day), (stamp, packed) in self.rows.items():
            at = geohash.first(sk.partition("#")[0])
            if name == index and any(run.partition == partition and run.low <= at < run.high for run in runs):
                found.append(free_maps.card((partition, sk), stamp, day, packed))
        return found

    def directories(self, index, partitions):
        return {}

    def occupied(self, index):
        return frozenset(partition for name, partition, _, _ in self.rows if name == index)

    def cards(self, index, found):
        rows = [self.card_rows.get((index, *one.key)) for one in found]
        return {card.shop_id: card for card in rows if card}

    def round(self):
        return self.state

    def ask_round(self):
        self.asked = True

    def asked_round(self):
        was, self.asked = self.asked, False
        return was

    def keep_round(self, one):
        self.state = one
