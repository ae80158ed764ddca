import base64
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import time
import zipfile
from dataclasses import replace

import pytest

from infra import dependencies, package_check
from infra.dependencies import PackagingError, pinned
from infra.package import package
from infra.package_check import problems
from infra.targets import ROOT, Target
from tests.infra.planted.sample import project

TARGET = Target.aws(stage="prod", region="ap-southeast-1", architecture="x86_64")


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44)


def wheel(folder, name="tiny", version="1.0", tag="py3-none-any", files=None):
    """Make a wheel as the index would serve it and return its line of the requirements."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    content = {
        f"{name}/__init__.py": b"VALUE = 1\n",
        f"{name}/tests/test_it.py": b"",
        f"{name}/types.pyi": b"",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        **(files or {}),
    }
    rows = []
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        rows.append(f"{path},sha256={digest},{len(data)}")
    content[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]).encode()
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in content.items():
            archive.writestr(entry, data)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def target(tmp_path, monkeypatch):
    """A project whose libraries come from a folder of wheels and from nowhere else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    folder = tmp_path / "project"
    folder.mkdir()
    return replace(TARGET, home=tmp_path / "home", project=project(folder))


def require(target, *lines):
    (target.project / "requirements.txt").write_text("".join(lines))


def test_same_inputs_make_the_same_bytes_and_are_not_packaged_again(target, tmp_path):
    require(target, wheel(tmp_path / "wheels"))
    seen = []
    first = package(target, lambda done, total: seen.append((done, total)))
    again = package(target)
    elsewhere = package(replace(target, home=tmp_path / "other"))
    assert (first.reused, again.reused, elsewhere.reused) == (False, True, False)
    assert first.digest == again.digest == elsewhere.digest
    assert first.key == f"packages/{first.digest}.zip"
    assert seen == [(1, 1)]
    with zipfile.ZipFile(first.zip_path) as archive:
        names = archive.namelist()
    assert names == sorted(names)
    assert {"app.py", "chalice/app.py", "tiny/__init__.py", "chalicelib/search/events.py"} <= set(names)
    assert "tiny/__pycache__/__init__.cpython-311.pyc" in names
    assert "chalicelib/search/__pycache__/events.cpython-311.pyc" in names
    assert not [name for name in names if "tests/" in name or name.endswith((".pyi", "RECORD"))]


def test_the_same_sources_make_the_same_bytes_wherever_and_whenever(target, tmp_path):
    """Another checkout, older files, narrower rights, another time zone, what tools leave lying about, an interned "~".

    A constant of one character is compiled to other bytes once the process has interned it.
    """
    require(target, wheel(tmp_path / "wheels", files={"tiny/home.py": b'HOME = "~"\n'}))
    (target.project / "chalicelib" / "home.py").write_text('HOME = "~"\n')
    sys.intern(chr(126))
    first = package(target)
    copy = tmp_path / "elsewhere" / "checkout"
    shutil.copytree(target.project, copy)
    for path in copy.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700 if path.is_dir() else 0o600)
    for junk in ("chalicelib/search/events.py~", "chalicelib/.DS_Store", "chalicelib/search/events.py.orig", "x.pyc"):
        (copy / junk).write_bytes(b"junk")
    (copy / "tests").mkdir()
    (copy / "tests" / "test_it.py").write_text("")
    script = (
        "import os, sys, time; from pathlib import Path; from dataclasses import replace;"
        "os.umask(0o077); os.environ['TZ'] = 'Asia/Shanghai'; time.tzset();"
        "from infra.package import package; from infra.targets import Target;"
        "target = Target.aws(stage='prod', region='ap-southeast-1', architecture='x86_64');"
        "print(package(replace(target, home=Path(sys.argv[1]), project=Path(sys.argv[2]))).digest)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "narrow"), str(copy)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == first.digest


def test_compiled_files_are_not_checked_against_their_sources(target, tmp_path):
    require(target, wheel(tmp_path / "wheels"))
    with zipfile.ZipFile(package(target).zip_path) as archive:
        flags = struct.unpack("<I", archive.read("tiny/__pycache__/__init__.cpython-311.pyc")[4:8])
    assert flags == (0b01,)


def test_changed_code_makes_another_package_from_the_same_libraries(target, tmp_path):
    require(target, wheel(tmp_path / "wheels"))
    first = package(target)
    (tmp_path / "wheels" / "tiny-1.0-py3-none-any.whl").unlink()
    (target.project / "chalicelib" / "new.py").write_text("NEW = 1\n")
    second = package(target)
    assert not second.reused
    assert first.digest != second.digest


def test_only_the_newest_packages_are_kept(target):
    packages, now = target.home / "packages", time.time()
    for number in range(7):
        made = packages / f"made-{number}"
        made.mkdir(parents=True)
        os.utime(made, (now - 60 * (1 + number),) * 2)
    newest = package(target).zip_path
    assert newest.exists()
    assert {one.name for one in packages.iterdir()} == {newest.parent.name, "made-0", "made-1", "made-2", "made-3"}


def test_wheel_with_another_hash_is_refused(target, tmp_path):
    line = wheel(tmp_path / "wheels")
    require(target, line.replace(line[-9:-1], "00000000"))
    with pytest.raises(PackagingError, match=r"pip download failed: .*(HASH|MATCH)"):
        package(target)
    assert not list((target.home / "packages").iterdir())


def test_library_without_a_wheel_for_the_target_is_refused(target, tmp_path):
    require(target, wheel(tmp_path / "wheels", tag="cp311-cp311-manylinux_2_17_aarch64"))
    with pytest.raises(PackagingError, match="pip download failed"):
        package(target)


def test_wheels_for_an_older_glibc_fit(target, tmp_path):
    native = {"tiny/_native.so": elf(0x3E)}
    require(target, wheel(tmp_path / "wheels", tag="cp311-abi3-manylinux_2_26_x86_64", files=native))
    assert package(target).zip_path.exists()


def test_wheel_that_lies_about_its_architecture_is_refused(target, tmp_path):
    native = {"tiny/_native.so": elf(0xB7)}
    require(target, wheel(tmp_path / "wheels", tag="cp311-abi3-manylinux_2_17_x86_64", files=native))
    with pytest.raises(PackagingError, match=r"tiny/_native.so is built for arm64, not for x86_64"):
        package(target)


def test_library_for_a_later_glibc_than_lambdas_is_refused_whatever_its_wheel_is_called(target, tmp_path):
    def asking(version, tag):
        native = {"tiny/_native.so": elf(0x3E) + f"\0GLIBC_{version}\0GLIBC_2.2.5\0".encode()}
        require(target, wheel(tmp_path / "wheels", tag=f"cp311-abi3-{tag}_x86_64", files=native))

    asking("2.26", "manylinux_2_27")
    assert package(target).zip_path.exists()
    shutil.rmtree(tmp_path / "wheels")
    asking("2.27", "manylinux_2_17")
    with pytest.raises(PackagingError, match=r"tiny/_native.so needs glibc 2.27"):
        package(target)


def test_of_pillow_the_reader_of_two_formats_ships(target, tmp_path):
    native = {f"PIL/_{name}.cpython-311-x86_64-linux-gnu.so": elf(0x3E) for name in ("imaging", "webp", "imagingft")}
    native |= {f"pillow.libs/{name}-0f.so.1": elf(0x3E) for name in ("libjpeg", "libwebp", "libavif")}
    require(target, wheel(tmp_path / "wheels", tag="cp311-abi3-manylinux_2_17_x86_64", files=native))
    with zipfile.ZipFile(package(target).zip_path) as archive:
        shipped = {name for name in archive.namelist() if name.startswith(("PIL/", "pillow.libs/"))}
    assert shipped == {"PIL/_imaging.cpython-311-x86_64-linux-gnu.so", "pillow.libs/libjpeg-0f.so.1"}


def test_app_that_cannot_be_loaded_is_refused(target):
    (target.project / "app.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(PackagingError, match=r"chalice package failed: .*nothing_of_that_name"):
        package(target)


def test_source_that_does_not_compile_is_refused(target):
    (target.project / "chalicelib" / "broken.py").write_text("def\n")
    with pytest.raises(PackagingError, match="do not compile"):
        package(target)


def make_zip(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_check_names_everything_that_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(package_check, "UNZIPPED_LIMIT", 100)
    path = make_zip(
        tmp_path / "x.zip",
        {
            "tiny-1.0.dist-info/METADATA": "",
            "lib/_x.so.1": elf(0x28),
            "lib/readme.so": b"text",
            "lib/tests/a.py": b"",
            "lib/a.pyi": b"x" * 100,
        },
    )
    assert problems(path, {"tiny": "2.0", "other": "1"}, TARGET) == [
        "tiny is 1.0 instead of 2.0",
        "other 1 is missing",
        "unzipped it is 0 MB, over Lambda's 0 MB",
        "lib/_x.so.1 is built for machine 0x28, not for x86_64",
        "lib/tests/a.py does not belong into a package",
        "lib/a.pyi does not belong into a package",
        "app.py is missing",
    ]


def test_an_emulator_elsewhere_loads_what_this_machine_loads(monkeypatch, tmp_path):
    monkeypatch.setattr(dependencies.sys, "platform", "darwin")
    local = Target.local()
    assert "--platform" not in dependencies.platform_arguments(local)
    assert "--platform" in dependencies.platform_arguments(TARGET)
    path = make_zip(tmp_path / "x.zip", {"app.py": "", "a.so": elf(0x28)})
    assert problems(path, {}, local) == []


def test_every_pin_has_hashes_and_names_no_index():
    for name in ("requirements.txt", "tests/requirements.txt", "infra/local_requirements.txt"):
        text = (ROOT / name).read_text()
        assert len(pinned(ROOT / name)) > 5
        blocks = [block for block in text.split("\n") if "==" in block]
        assert all(block.endswith("\\") for block in blocks)
        assert "://" not in text


def test_tests_run_on_the_versions_that_ship():
    shipped, tested = pinned(ROOT / "requirements.txt"), pinned(ROOT / "tests" / "requirements.txt")
    assert shipped.items() <= tested.items()
    assert "geohash2" not in shipped
