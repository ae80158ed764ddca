"""The rejects file: what was refused, ready to be put right and imported again."""

import pytest

from infra.importing.reading import Record, opened
from infra.importing.rejects import Rejects


def test_rows_as_they_were_with_number_and_reason(tmp_path):
    path = tmp_path / "new" / "shops.rejects.csv"
    with Rejects(path, ["id", "name"]) as rejects:
        rejects.add(Record(3, {}, ["1", 'a "b",\nc']), "name: no")
        rejects.add(Record(9, {}, ["2", "\udcff", "too", "many"]), "not UTF-8")
        assert not path.exists()
    assert rejects.count == 2
    assert path.read_bytes().decode().splitlines()[0] == "row,reason,id,name"
    assert "\\udcff,too,many" in path.read_text()
    with opened(path) as source:
        assert next(source.records).fields == {"row": "3", "reason": "name: no", "id": "1", "name": 'a "b",\nc'}


def test_a_rejects_file_may_be_read_while_it_is_replaced(tmp_path):
    path = tmp_path / "shops.rejects.csv"
    path.write_text("row,reason,id\n3,no,1\n4,no,2\n")
    with opened(path) as source, Rejects(path, source.heading) as rejects:
        for record in source.records:
            rejects.add(record, "still not")
    assert path.read_text().splitlines() == ["row,reason,id", "1,still not,1", "2,still not,2"]


def test_without_rejects_there_is_no_file_and_an_old_one_goes(tmp_path):
    path = tmp_path / "shops.rejects.csv"
    path.write_text("old")
    with pytest.raises(KeyError), Rejects(path, []):
        raise KeyError
    assert path.exists()
    with Rejects(path, []):
        pass
    assert not path.exists()
