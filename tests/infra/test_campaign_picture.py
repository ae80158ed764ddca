"""The picture of a report says what the report says, and the one in the documents is of what is now."""

import json
import sys
import xml.etree.ElementTree as ET

import pytest

from benchmarks.campaign_sample import PICTURE, drawn, sent
from chalicelib.outreach.schemas import OutreachReport
from infra import campaign_picture
from tests.chalicelib.outreach.world import MERCHANT, World

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def report():
    return OutreachReport.of(sent()[1]).model_dump(mode="json")


def test_the_picture_is_of_what_it_is_now():
    assert PICTURE.read_text(encoding="utf-8") == drawn(), "make campaign-picture"


def test_every_number_is_there_and_bars_are_as_long_as_they_say(report):
    root = ET.fromstring(campaign_picture.picture(report))
    words = [one.text for one in root.iter(f"{SVG}text")]
    tagged, counts = report["outreach"]["tagged"], [number for _, number, _, _ in campaign_picture._bars(report)]
    bars = [float(one.get("width")) for one in root.iter(f"{SVG}rect")][1:]
    assert bars == [pytest.approx(max(1, 520 * number / tagged), abs=0.1) for number in counts]
    for number in counts:
        assert any(word.split(" ")[0] == str(number) for word in words), number
    assert report["outreach"]["text"]["zh"] in words
    assert all(float(one.get("x", "0")) <= 860 for one in root.iter(f"{SVG}text"))


def test_what_is_a_part_is_no_more_than_the_whole(report):
    whole = report["outreach"]["sent"] + sum(report["excluded"].values())
    assert abs(whole - report["outreach"]["tagged"]) < 5 * 6, "each is rounded for itself"
    assert report["coupons_used"] <= report["orders"]
    assert max(report["delivered"], report["read"], report["unsubscribed"]) <= report["outreach"]["sent"]


def test_what_is_not_told_is_drawn_as_that(report):
    few = {**report, **dict.fromkeys(("excluded", "orders", "coupons_used", "revenue"))}
    few["outreach"] = {**report["outreach"], "tagged": None}
    words = [one.text for one in ET.fromstring(campaign_picture.picture(few)).iter(f"{SVG}text")]
    assert words.count("not told") == 3
    assert "What these orders cost: not told, of fewer than 10" in words
    assert f"{report['outreach']['sent']}" in words


def test_what_a_merchant_calls_it_cannot_draw(tmp_path, monkeypatch, capsys):
    world = World()
    world.crowd(1)
    made = world.begin()
    told = OutreachReport.of(world.stands(made)).model_dump(mode="json")
    told["outreach"]["name"] = '<script>alert("x")</script>'
    path = tmp_path / "report.json"
    path.write_text(json.dumps(told))
    monkeypatch.setattr(sys, "argv", ["campaign_picture", str(path)])
    assert campaign_picture.main() == 0
    root = ET.fromstring(path.with_suffix(".svg").read_text())
    assert {one.tag for one in root.iter()} == {f"{SVG}{name}" for name in ("svg", "rect", "text", "line")}
    assert "report.svg" in capsys.readouterr().out
    assert MERCHANT.account_id not in path.with_suffix(".svg").read_text()
