"""The command as operators run it: in this process, and as a process that is killed."""

import csv
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from chalicelib import settings, wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.auth import Role
from chalicelib.search import use_cases as search
from chalicelib.search.use_cases import Wish
from infra.importing import command
from infra.importing.inside import environment
from infra.local.addresses import Addresses, Ports
from infra.targets import Target
from tests.chalicelib.search.shops import rows_only
from tests.emulators import Emulator
from tests.waiting import eventually

HEADING = ["id", "name", "category", "lat", "lon", "address", "city", "country", "source"]
TOTAL = re.compile(r"([\d,]+) rows in, ([\d,]+) written .*?, ([\d,]+) unchanged, ([\d,]+) rejected, [\d.]+ s")


def rows(count: int, **changes: str) -> list[dict[str, str]]:
    return [
        {
            "id": str(number), "name": f"小店, {number}", "category": "Starbucks/Licensed", "lat": f"{31 + number / 1e4:.4f}",
            "lon": "121.5", "address": 'Road "A"\n1', "city": "Shanghai", "country": "CN", "source": "test",
        } | changes
        for number in range(count)
    ]  # fmt: skip


def file_of(path: Path, records: list[dict[str, str]]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADING)
    writer.writeheader()
    writer.writerows(records)
    path.write_bytes(gzip.compress(("\ufeff" + text.getvalue()).encode()))
    return path


@pytest.fixture
def home(all_tables: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a local stack that consists of this test's tables."""
    monkeypatch.setenv("LINLI_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    Addresses.of("http://127.0.0.1:1", Ports(int(all_tables.endpoint.rpartition(":")[2]), 1, 1), "test").write(
        tmp_path / "home"
    )
    return tmp_path / "home"


def run(*arguments: object) -> tuple[int, str]:
    """Run the command in this process; return its status and what it printed."""
    said = io.StringIO()
    options = [*map(str, arguments), "--table-prefix", settings.settings().table_prefix]
    status = command.main(options, Console(file=said, width=500))
    return status, said.getvalue()


def counts(said: str) -> tuple[int, ...]:
    found = TOTAL.search(said)
    assert found, said
    return tuple(int(number.replace(",", "")) for number in found.groups())


def found() -> int:
    return len(search.find(rows_only(), Wish(31.0, 121.5, 50_000), 2_000).items)


def test_a_file_goes_in_once(home: Path, tmp_path: Path) -> None:
    shops = [*rows(150), rows(1)[0] | {"id": "900", "lat": "NaN"}, rows(1)[0] | {"id": "901", "lat": "1e999"}]
    path = file_of(tmp_path / "shops.csv.gz", shops)
    status, said = run(path)
    assert (status, counts(said)) == (command.INCOMPLETE, (152, 150, 0, 2))
    text = (home / "imports" / "shops.rejects.csv").read_bytes().decode()
    rejects = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(one["row"], one["id"], one["reason"].partition(":")[0]) for one in rejects] == [
        ("151", "900", "lat"),
        ("152", "901", "position"),
    ]
    assert found() == 150
    status, said = run(path)
    assert (status, counts(said)) == (command.INCOMPLETE, (152, 0, 150, 2))
    status, said = run(file_of(path, [*rows(149), rows(150)[149] | {"name": "新"}]))
    assert (status, counts(said)) == (command.WELL, (150, 1, 149, 0))
    assert not (home / "imports" / "shops.rejects.csv").exists()
    assert found() == 150
    hit = search.find(rows_only(), Wish(31.0, 121.5, 1), 1).items[0]
    assert hit.card.categories == ("starbucks-licensed",)
    assert (hit.card.zone, hit.card.currency) == ("Asia/Shanghai", "CNY")


def test_rejects_are_put_right_and_imported_again(home: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "bad.csv"
    path = file_of(tmp_path / "shops.csv.gz", rows(3, lat="north"))
    assert run(path, "--rejects", rejects)[0] == command.INCOMPLETE
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("north", "31"), encoding="utf-8")
    status, said = run(rejects)
    assert (status, counts(said)) == (command.WELL, (3, 3, 0, 0))


def test_geojson_with_zone_and_currency_of_the_command(home: Path, tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [121.5, 31.0]},
        "properties": {"name": "小满", "category": "cafe", "address": "1 Road"},
    }
    path = tmp_path / "shops.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, feature]}))
    status, said = run(path, "--zone", "Asia/Tokyo", "--currency", "JPY")
    assert (status, counts(said)) == (command.INCOMPLETE, (2, 1, 0, 1))
    assert "the same shop as row 1" in (home / "imports" / "shops.rejects.csv").read_text()
    hit = search.find(rows_only(), Wish(31.0, 121.5, 1), 1).items[0]
    assert (hit.card.zone, hit.card.currency) == ("Asia/Tokyo", "JPY")


def test_the_owner_is_an_account_that_becomes_a_merchant(home: Path, tmp_path: Path) -> None:
    path = file_of(tmp_path / "shops.csv.gz", rows(1))
    account = accounts.grant_role(wiring.accounts(), Role.CUSTOMER, phone_text="+8613900000077")
    assert run(path, "--owner", account.id)[0] == command.WELL
    assert Role.MERCHANT in accounts.grant_role(wiring.accounts(), Role.CUSTOMER, account_id=account.id).roles
    status, said = run(path)
    assert (status, counts(said)) == (command.INCOMPLETE, (1, 0, 0, 1))
    status, said = run(path, "--owner", "acc_nobody")
    assert (status, said) == (command.FAILED, "import: there is no account acc_nobody\n")


def test_what_cannot_be_done_is_one_line(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(file_of(tmp_path / "whole.csv.gz", rows(500)).read_bytes()[:-100])
    for arguments, why in (
        ([tmp_path / "none.csv"], "No such file"),
        ([cut], "cut off"),
        ([cut, "--stage", "prod"], "needs --region and --owner"),
    ):
        status, said = run(*arguments)
        assert (status, said.count("\n")) == (command.FAILED, 1)
        assert why in said
    monkeypatch.setenv("LINLI_HOME", str(tmp_path / "elsewhere"))
    status, said = run(cut)
    assert status == command.FAILED
    assert "make run" in said


def test_a_stage_that_does_not_answer(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(command.accounts, "grant_role", refuse)
    status, said = run(file_of(tmp_path / "shops.csv.gz", rows(1)))
    assert (status, said) == (command.FAILED, "import: nobody there\n")


def test_on_aws_the_credentials_are_the_operators() -> None:
    options = command.parser().parse_args(
        ["x", "--stage", "prod", "--region", "eu-west-1", "--owner", "acc_1", "--table-prefix", "restored"]
    )
    target = command.target_of(options)
    assert target == Target.aws(stage="prod", region="eu-west-1", table_prefix="restored")
    variables = environment(target)
    assert variables["SEAL_KEY_ID"] == "alias/linli-prod-seal"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"} & set(variables)


def test_the_process_is_as_it_was(home: Path, tmp_path: Path) -> None:
    before, handler = dict(os.environ), signal.getsignal(signal.SIGTERM)
    run(file_of(tmp_path / "shops.csv.gz", rows(1)))
    assert dict(os.environ) == before
    assert signal.getsignal(signal.SIGTERM) is handler


@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 130)])
def test_stopped_in_the_middle_and_run_again(home: Path, tmp_path: Path, number: signal.Signals, status: int) -> None:
    path = file_of(tmp_path / "shops.csv.gz", rows(600))
    prefix = settings.settings().table_prefix
    arguments = [sys.executable, "-m", "infra.import_shops", str(path), "--table-prefix", prefix, "--threads", "1"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        eventually(lambda: found() >= 100)
        process.send_signal(number)
        said = process.communicate()[0]
    assert process.returncode == status, said
    there = found()
    assert 100 <= there < 600
    if number == signal.SIGTERM:
        assert "interrupted" in said
        assert counts(said)[1] == there
    code, again = run(path)
    assert code == command.WELL
    _, written, unchanged, _ = counts(again)
    assert written + unchanged == 600
    assert unchanged >= there
    assert found() == 600
