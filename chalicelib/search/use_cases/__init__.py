"""What can be done with the index: search it, and keep it true."""

from chalicelib.search.use_cases.find import nearby
from chalicelib.search.use_cases.index import Counts, index_many, index_shop

__all__ = ["Counts", "index_many", "index_shop", "nearby"]
