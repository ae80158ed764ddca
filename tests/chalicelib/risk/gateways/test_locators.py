"""Where addresses are: a database that the test writes, and headers that anybody could send."""

import io

import pytest
from botocore.stub import Stubber
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from chalicelib.kit import aws
from chalicelib.kit.i18n import Text
from chalicelib.risk.gateways.cloudfront import CloudFrontLocator
from chalicelib.risk.gateways.geoip import DatabaseLocator, NullLocator, from_bucket
from chalicelib.risk.ports import Located, Position

SHANGHAI, TOR, FRANCE, ODD = "101.80.1.1", "185.220.101.1", "2a01:e0a::1", "8.8.8.8"
CHINA = {"names": {"en": "China", "zh-CN": "中国"}, "iso_code": "CN"}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="GeoLite2-City", float_type="f64")
    place = {"latitude": 31.2222, "longitude": 121.4581, "accuracy_radius": 20}
    writer.insert_network(IPSet(["101.80.0.0/16"]), {"country": CHINA, "location": place})
    berlin = {"latitude": 52.52, "longitude": 13.4}
    writer.insert_network(IPSet(["185.220.101.0/24"]), {"location": berlin, "traits": {"is_anonymous_proxy": True}})
    writer.insert_network(IPSet(["2a01:e0a::/32"]), {"country": {"names": {"en": "France"}}})
    writer.insert_network(IPSet(["8.8.8.0/24"]), {"location": {"latitude": "north", "longitude": "east"}})
    path = tmp_path_factory.mktemp("geoip") / "addresses.mmdb"
    writer.to_db_file(str(path))
    return path


def test_an_address_is_where_the_database_says(database):
    locator = DatabaseLocator(lambda: database)
    assert locator.locate(SHANGHAI, {}) == Located(Position(31.2222, 121.4581, 20), Text("China", "中国"))
    assert locator.locate(TOR, {}) == Located(Position(52.52, 13.4, 100), None, is_relay=True)
    assert locator.locate(FRANCE, {}) == Located(None, Text("France", "France"))
    for nobody in ("9.9.9.9", "127.0.0.1", "10.0.0.1", "::1", "", "somewhere", ODD):
        assert locator.locate(nobody, {}) is None, nobody
    assert NullLocator().locate(SHANGHAI, {}) is None


def test_a_database_is_opened_once_and_one_that_cannot_be_had_keeps_nobody_out(database, tmp_path):
    asked, now = [], [0.0]

    def path():
        asked.append(now[0])
        if now[0] < 300:
            raise OSError("no such bucket")
        return database if now[0] >= 600 else tmp_path / "rubbish"

    (tmp_path / "rubbish").write_bytes(b"not a database")
    locator = DatabaseLocator(path, clock=lambda: now[0])
    assert asked == []  # not before an address is asked for
    found = []
    for now[0] in (0.0, 1.0, 299.0, 300.0, 301.0, 600.0, 601.0):
        found.append(locator.locate(SHANGHAI, {}) is not None)
    assert found == [False] * 5 + [True] * 2
    assert asked == [0.0, 300.0, 600.0]


def test_a_database_comes_from_the_bucket_once_and_whole(database, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    aws.reset()
    content = database.read_bytes()
    fetch = from_bucket("documents", "geoip/addresses.mmdb", tmp_path)
    with Stubber(aws.client("s3")) as s3:
        s3.add_client_error("get_object", "NoSuchKey")
        wanted = {"Bucket": "documents", "Key": "geoip/addresses.mmdb"}
        s3.add_response("get_object", {"Body": StreamingLike(content)}, wanted)
        with pytest.raises(Exception, match="NoSuchKey"):
            fetch()
        assert DatabaseLocator(fetch).locate(SHANGHAI, {}).country == Text("China", "中国")
        assert fetch().read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["geoip_addresses.mmdb"]
    aws.reset()


class StreamingLike(io.BytesIO):
    """As much of botocore's body as is used."""

    def iter_chunks(self, size):
        while chunk := self.read(size):
            yield chunk


TOLD = {
    "cloudfront-viewer-latitude": "52.52",
    "cloudfront-viewer-longitude": "13.4",
    "cloudfront-viewer-country-name": "Germany",
    "x-edge-secret": "s3cret",
}


def test_what_cloudfront_says_counts_with_its_secret_alone(database):
    locator = CloudFrontLocator("s3cret", DatabaseLocator(lambda: database))
    said = locator.locate(SHANGHAI, TOLD)
    assert said == Located(Position(52.52, 13.4, 100), Text("Germany", "Germany"))
    by_database = locator.locate(SHANGHAI, {})
    assert by_database.country == Text("China", "中国")
    for lie in (
        {"x-edge-secret": "guess"}, {"x-edge-secret": ""}, {"x-edge-secret": "s3cret\u00e9"},
        {"cloudfront-viewer-latitude": "nan"}, {"cloudfront-viewer-latitude": "91"},
        {"cloudfront-viewer-longitude": "-181"}, {"cloudfront-viewer-longitude": "x"},
    ):  # fmt: skip
        assert locator.locate(SHANGHAI, TOLD | lie) == by_database, lie
    assert CloudFrontLocator("", NullLocator()).locate(SHANGHAI, TOLD | {"x-edge-secret": ""}) is None
    nameless = {name: value for name, value in TOLD.items() if "country" not in name}
    assert locator.locate(SHANGHAI, nameless).country is None
