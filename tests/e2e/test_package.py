"""The package as it ships: everything compiled, nothing left over, every library for the right machine."""

import struct
import zipfile
from pathlib import Path

from infra.dependencies import AWS_SERVICES, pinned
from infra.package import package
from infra.package_check import distributions, elf_architectures, problems
from infra.targets import ROOT, Target

UNCHECKED_HASH = 0b01
LEFT = {"tests", "test", "conftest.py", ".git", ".local", ".pytest_cache", ".mypy_cache", "requirements.txt", "infra"}


def test_every_source_is_compiled_and_never_looked_at_again(unpacked_package: Path) -> None:
    sources = [path for path in unpacked_package.rglob("*.py") if "__pycache__" not in path.parts]
    assert len(sources) > 1_000
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-311.pyc"
        assert compiled.exists(), source
        (flags,) = struct.unpack("<I", compiled.read_bytes()[4:8])
        assert flags == UNCHECKED_HASH, source


def test_nothing_is_left_over_from_tests_or_builds(unpacked_package: Path) -> None:
    own = [one for name in ("app.py", "chalicelib") for one in _below(unpacked_package / name)]
    assert len(own) > 500
    suffixes = {path.suffix for path in _below(ROOT / "chalicelib")} | {".json", ".pyc"}
    assert not [path for path in own if path.suffix not in suffixes]
    assert not [path for path in own if LEFT & set(path.relative_to(unpacked_package).parts)]
    assert not {path.name for path in unpacked_package.iterdir()} & LEFT
    described = {path.name for path in (unpacked_package / "botocore" / "data").iterdir() if path.is_dir()}
    assert described <= AWS_SERVICES


def _below(path: Path) -> list[Path]:
    return [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]


def test_what_ships_is_what_is_pinned_for_this_machine(unpacked_package: Path) -> None:
    target = Target.local()
    path = package(target).zip_path
    pins = pinned(ROOT / "requirements.txt")
    assert problems(path, pins, target) == []
    with zipfile.ZipFile(path) as archive:
        assert distributions(archive) == pins
        machines = {machine for _, machine in elf_architectures(archive)}
        assert machines == {target.architecture}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o644}
