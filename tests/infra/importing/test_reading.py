"""Files as people have them: compressed, marked, quoted, damaged, and not what their name says."""

import gzip
import json

import pytest

from infra.importing import reading
from infra.importing.reading import ReadError, opened


def read(path, encoding="utf-8"):
    with opened(path, encoding) as source:
        return source.heading, list(source.records)


def written(tmp_path, content, name="shops.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_csv_with_quotes_newlines_and_empty_lines(tmp_path):
    heading, records = read(written(tmp_path, 'id,name\r\n1,"A ""b"",\nc"\r\n\r\n2,d\r\n'))
    assert heading == ["id", "name"]
    assert [(one.number, one.fields, one.cells, one.fault) for one in records] == [
        (1, {"id": "1", "name": 'A "b",\nc'}, ["1", 'A "b",\nc'], ""),
        (2, {"id": "2", "name": "d"}, ["2", "d"], ""),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_heading_tells_the_delimiter(tmp_path, delimiter):
    _, records = read(written(tmp_path, f"\nid{delimiter}name\n1{delimiter}x\n"))
    assert records[0].fields == {"id": "1", "name": "x"}


def test_gzip_and_the_byte_order_mark_are_known_by_content(tmp_path):
    content = gzip.compress("\ufeffname\n小满\n".encode())
    heading, records = read(written(tmp_path, content, "no-suffix"))
    assert (heading, records[0].fields) == (["name"], {"name": "小满"})


def test_the_position_in_the_file_is_that_of_the_compressed_bytes(tmp_path):
    path = written(tmp_path, gzip.compress(b"name\n" + b"x\n" * 100_000))
    with opened(path) as source:
        assert len(list(source.records)) == 100_000
        assert source.read() == source.size == path.stat().st_size


def test_a_row_in_another_encoding_is_one_bad_row(tmp_path):
    path = written(tmp_path, b"name\nCaf\xc3\xa9\nCaf\xe9\n\xff\nok\n")
    assert [bool(one.fault) for one in read(path)[1]] == [False, True, True, False]
    chinese = written(tmp_path, "name\n小满\n".encode("gb18030"))
    assert read(chinese)[1][0].fault
    assert read(chinese, "gb18030")[1][0].fields == {"name": "小满"}


def test_rows_with_too_many_cells_are_bad_and_with_too_few_are_not(tmp_path):
    _, records = read(written(tmp_path, "id,name\n1,a,b\n2\n"))
    assert [one.fault for one in records] == ["3 cells under 2 headings", ""]
    assert records[1].fields == {"id": "2"}


def test_a_quote_that_never_ends_costs_rows_but_not_the_run(tmp_path):
    _, records = read(written(tmp_path, 'id,name\n1,"' + "x\n" * 100_000 + "2,b\n"))
    assert "not CSV" in records[0].fault
    assert records[-1].fields == {"id": "2", "name": "b"}


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LONGEST", 100)
    with pytest.raises(ReadError, match="more than 100 characters"):
        read(written(tmp_path, "id\n" + "x" * 101))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        ("name\nx\n".encode("utf-16"), "UTF-16"),
        (gzip.compress(b"name\n" + bytes(range(32, 127)) * 999)[:-20], "cut off"),
        (b"\x1f\x8b nothing of the kind", "gzip"),
        (b'{"type": "Feature"}', "it is a Feature"),
        (b'{"name": "x"}', "no features"),
        (b'{"type": "Topology", "features": []}', "it is a Topology"),
        (b'{"features": {}}', "should be"),
        (b'{"features": [{"type": ', "too soon"),
        (b'{"features": [{}', "too soon"),
        (b'{"features": [' + b"[" * 100_000, "no JSON"),
        (b'{"features": ["' + b"x" * 2_000_000, "far too long"),
    ],
)
def test_what_is_no_file_of_shops_is_refused_in_one_line(tmp_path, content, why):
    with pytest.raises(ReadError, match=why) as refusal:
        read(written(tmp_path, content))
    assert "\n" not in str(refusal.value)


def test_no_such_file_and_no_such_encoding(tmp_path):
    with pytest.raises(ReadError, match="No such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(ReadError, match="encoding"):
        read(written(tmp_path, "name\nx\n"), "klingon")


def feature(**changes):
    return {
        "type": "Feature",
        "id": 7,
        "geometry": {"type": "Point", "coordinates": [121.5, 31.25]},
        "properties": {"name": "小满", "category": ["a", "b"], "seats": 4, "none": None},
    } | changes


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "bbox": [1, 2, 3, 4], "features": features}, ensure_ascii=False)


def test_geojson(tmp_path):
    heading, records = read(written(tmp_path, gzip.compress(collection(feature(), feature(id=None)).encode())))
    assert heading == ["feature"]
    assert records[0].fields == {
        "name": "小满", "category": "a;b", "seats": "4", "none": "", "id": "7", "lat": "31.25", "lon": "121.5",
    }  # fmt: skip
    assert json.loads(records[0].cells[0]) == feature()
    assert "id" not in records[1].fields
    assert read(written(tmp_path, collection()))[1] == []


@pytest.mark.parametrize(
    "bad",
    [
        7,
        feature(geometry=None),
        feature(geometry={"type": "Polygon", "coordinates": []}),
        feature(geometry={"type": "Point", "coordinates": [1]}),
        feature(geometry="here"),
        feature(properties=[1]),
    ],
)
def test_features_that_are_no_points_are_bad_rows(tmp_path, bad):
    _, records = read(written(tmp_path, collection(bad, feature())))
    assert [bool(one.fault) for one in records] == [True, False]


def test_many_features_are_read_piece_by_piece(tmp_path):
    _, records = read(written(tmp_path, collection(*(feature(id=number) for number in range(2_000)))))
    assert [one.fields["id"] for one in records] == [str(number) for number in range(2_000)]


def test_what_was_whole_is_read_before_a_cut(tmp_path):
    whole = collection(feature(), feature())
    with opened(written(tmp_path, whole[: len(whole) - 30])) as source:
        assert next(source.records).fault == ""
        with pytest.raises(ReadError, match="too soon"):
            list(source.records)
