"""Is the package what it should be? Every library in it, nothing for another machine or for a later C library than
Lambda has, small enough for Lambda.
"""

import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.dependencies import GLIBC, fits_host_only, normalised
from infra.targets import Architecture, Target

UNZIPPED_LIMIT = 250 * 1024 * 1024
"""Bytes that a function's package may unfold to on Lambda."""
# e_machine in the ELF header.
_ELF_MACHINES: dict[int, Architecture] = {0x3E: "x86_64", 0xB7: "arm64"}
_ELF_HEADER = 20
# A name in the table of strings, which is how a file says which version of the C library's symbols it needs.
_GLIBC_VERSION = re.compile(rb"\0GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\0)")
_JUNK = (".pyi", ".exe", ".dll", ".dylib")


def distributions(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return distribution -> version of what lies in a package, names normalised."""
    found: dict[str, str] = {}
    for name in archive.namelist():
        folder, _, rest = name.partition("/")
        if rest == "METADATA" and folder.endswith(".dist-info"):
            distribution, _, version = folder.removesuffix(".dist-info").rpartition("-")
            found[normalised(distribution)] = version
    return found


def elf_architectures(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield (file, architecture) of every ELF file in a package."""
    for info in archive.infolist():
        if ".so" not in Path(info.filename).name:
            continue
        with archive.open(info) as file:
            header = file.read(_ELF_HEADER)
        if header[:4] == b"\x7fELF":
            (machine,) = struct.unpack_from("<H", header, 18)
            yield info.filename, _ELF_MACHINES.get(machine, f"machine {machine:#x}")


def too_new(archive: zipfile.ZipFile) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield (file, version) of every ELF file that needs a later C library than Lambda's; the loader would refuse it,
    whatever its wheel is called.
    """
    for name, _ in elf_architectures(archive):
        needed = [(int(major), int(minor)) for major, minor in _GLIBC_VERSION.findall(archive.read(name))]
        if needed and max(needed) > GLIBC:
            yield name, max(needed)


def problems(path: Path, requirements: Mapping[str, str], target: Target) -> list[str]:
    """Return what is wrong with a package, one sentence each; `requirements` maps normalised names to versions."""
    with zipfile.ZipFile(path) as archive:
        found = [*_missing(archive, requirements), *_too_big(archive)]
        if not fits_host_only(target):
            found += [
                f"{name} is built for {machine}, not for {target.architecture}"
                for name, machine in elf_architectures(archive)
                if machine != target.architecture
            ]
            found += [f"{name} needs glibc {major}.{minor}" for name, (major, minor) in too_new(archive)]
        names = archive.namelist()
    found += [f"{name} does not belong into a package" for name in names if name.endswith(_JUNK) or "/tests/" in name]
    if "app.py" not in names:
        found.append("app.py is missing")
    return found


def _missing(archive: zipfile.ZipFile, requirements: Mapping[str, str]) -> Iterator[str]:
    there = distributions(archive)
    for name, version in requirements.items():
        if name not in there:
            yield f"{name} {version} is missing"
        elif there[name] != version:
            yield f"{name} is {there[name]} instead of {version}"


def _too_big(archive: zipfile.ZipFile) -> Iterator[str]:
    size = sum(info.file_size for info in archive.infolist())
    if size > UNZIPPED_LIMIT:
        yield f"unzipped it is {size / 1e6:.0f} MB, over Lambda's {UNZIPPED_LIMIT / 1e6:.0f} MB"
