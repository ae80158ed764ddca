"""Workers of the emulator share what is unpacked, and nothing else."""

import shutil
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from infra.local import unpacking


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def worker(folder, name, content):
    """Do what the emulator does for a worker: write the package down and unpack it."""
    place = folder / name
    (place / "code").mkdir(parents=True)
    package = place / "code.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(zipfile.ZipInfo("app.py"), content)
        made.writestr(zipfile.ZipInfo("chalicelib/deep/file.txt"), content * 2)
    runtime = SimpleNamespace()
    unpacking.share(runtime)
    with runtime.zipfile.ZipFile(package) as archive:
        archive.extractall(str(place / "code"))
    assert runtime.zipfile.BadZipFile is zipfile.BadZipFile
    return place


def test_what_is_the_same_is_there_once(scratch):
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda number: worker(scratch, f"w{number}", "one"), range(8)))
    for name in ("code/app.py", "code/chalicelib/deep/file.txt", "code.zip"):
        assert len({(place / name).stat().st_ino for place in places}) == 1
        assert (places[0] / name).stat().st_nlink == len(places) + 1
    assert (places[3] / "code" / "chalicelib" / "deep" / "file.txt").read_text() == "oneone"
    assert zipfile.ZipFile(places[5] / "code.zip").read("app.py") == b"one"


def test_a_worker_that_goes_takes_its_names_alone(scratch):
    first, second = worker(scratch, "first", "one"), worker(scratch, "second", "one")
    (first / "code" / "new.pyc").write_text("its own")
    shutil.rmtree(first)
    assert (second / "code" / "app.py").read_text() == "one"
    assert not (second / "code" / "new.pyc").exists()


def test_another_package_is_another(scratch):
    one, other = worker(scratch, "one", "one"), worker(scratch, "other", "two")
    assert (one / "code" / "app.py").read_text() == "one"
    assert (other / "code" / "app.py").read_text() == "two"


def test_what_is_asked_for_otherwise_is_unpacked_as_ever(scratch):
    place = worker(scratch, "one", "one")
    with unpacking.SharedZip(place / "code.zip") as archive:
        archive.extractall(scratch / "some", ["app.py"])
    assert [found.name for found in (scratch / "some").iterdir()] == ["app.py"]
    assert (scratch / "some" / "app.py").stat().st_nlink == 1
