from types import SimpleNamespace

from chalicelib.kit.paging import page_of, paged


class Rows:
    """What a query returns: PynamoDB knows the next position when the last row has been read."""

    last_evaluated_key = None

    def __iter__(self):
        yield SimpleNamespace(pk="a")
        yield SimpleNamespace(pk="b")
        self.last_evaluated_key = {"pk": {"S": "b"}}


def test_a_query_asks_once_for_what_is_wanted():
    assert paged(None, 20) == {"last_evaluated_key": None, "limit": 20, "page_size": 20}
    assert paged({"pk": {"S": "b"}}, 20)["last_evaluated_key"] == {"pk": {"S": "b"}}


def test_a_page_knows_where_the_next_one_begins():
    page = page_of(Rows(), lambda row: row.pk)
    assert (page.items, page.next) == (("a", "b"), {"pk": {"S": "b"}})
