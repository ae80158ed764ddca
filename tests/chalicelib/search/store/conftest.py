import pytest

from tests.chalicelib.search.indexed import fresh


@pytest.fixture
def store(tables):
    return fresh()
