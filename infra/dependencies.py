"""The libraries that ship: a wheelhouse checked by hash, unpacked and compiled once per set of requirements.

Chalice would download wheels that do not fit this machine a second time and without looking at their hashes. So pip
fetches them here for the target's platform with `--require-hashes`, installs them from the wheelhouse without any
index, and Chalice packages only our own code.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.targets import Architecture, Target

# Lambda's python3.11 stands on Amazon Linux 2: glibc 2.26.
GLIBC = (2, 26)
_GLIBC_MINORS = range(17, GLIBC[1] + 1)
# Pillow's wheels of today say 2.27, for parts that are left out below; each file that ships is looked at
# (`infra.package_check`), so what a wheel is called keeps nothing in and nothing out by itself.
_PROMISED_LATER = (27,)
_MACHINES: dict[Architecture, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
TASK_ROOT = "/var/task"
"""Where Lambda unpacks the package: what tracebacks of compiled files name."""
# botocore/data/<service>/<version>/<file>; files right below `data` belong to all services.
_SERVICE_DEPTH = 3
# What these packages never read themselves: examples, resource descriptions of services that we use as clients,
# and TypedDicts that exist for type checkers (a quarter of all files).
_LEFT_OUT = {("boto3", "examples"), ("boto3", "data"), ("stripe", "params")}
# Of Pillow the reader and writer of JPEG and PNG ship. Others' formats, fonts and colour profiles are three quarters of
# it, more for strangers to attack, and two of their libraries need a later glibc.
_LEFT_OUT_NATIVE = {
    "PIL": ("_avif", "_imagingcms", "_imagingft", "_imagingmath", "_imagingmorph", "_imagingtk", "_webp"),
    "pillow.libs": (
        "libavif", "libbrotli", "libfreetype", "libharfbuzz", "liblcms2", "libpng16", "libsharpyuv", "libwebp",
    ),
}  # fmt: skip
_RECIPE = "5"
"""Part of every cache key; count up when this file makes something else of the same requirements."""

AWS_SERVICES = frozenset(
    {
        "comprehend", "dynamodb", "geo-places", "kms", "lambda", "rekognition", "s3", "ses", "sesv2", "sns", "sqs",
        "ssm", "sts",
    }
)  # fmt: skip
"""Services whose descriptions ship with botocore; those of the other 400 are most of its size and its files."""

Progress = Callable[[int, int], None]
"""Told how many of how many distributions have been fetched."""


class PackagingError(Exception):
    """The package cannot be made; the message is one line."""


def pinned(requirements: Path) -> dict[str, str]:
    """Return distribution -> version of a requirements file with hashes, names normalised."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    return {normalised(name): version for name, version in found}


def normalised(name: str) -> str:
    """Return a distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def fits_host_only(target: Target) -> bool:
    """Whether the package has to load on this machine instead of on Lambda: an emulator that is not on Linux."""
    return target.emulated and sys.platform != "linux"


def platform_arguments(target: Target) -> list[str]:
    """Return pip's words for wheels that load on the target."""
    arguments = ["--only-binary=:all:", "--no-deps", "--require-hashes"]
    if fits_host_only(target):
        return arguments
    machine = _MACHINES[target.architecture]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in reversed(_GLIBC_MINORS)]
    later = [f"manylinux_2_{minor}_{machine}" for minor in _PROMISED_LATER]
    for platform in (*platforms, f"manylinux2014_{machine}", f"linux_{machine}", *later):
        arguments += ["--platform", platform]
    return [
        *arguments,
        "--implementation",
        "cp",
        "--python-version",
        "3.11",
        "--abi",
        "cp311",
        "--abi",
        "abi3",
        "--abi",
        "none",
    ]


def _key(target: Target, requirements: Path) -> str:
    host = sys.platform if fits_host_only(target) else "lambda"
    text = f"{_RECIPE}\n{host}\n{target.architecture}\n{sys.version_info[:2]}\n"
    return hashlib.sha256(text.encode() + requirements.read_bytes()).hexdigest()[:16]


def _pip(arguments: list[str], on_line: Callable[[str], None]) -> None:
    """Run pip and pass its lines on; PackagingError carries its last error line."""
    with subprocess.Popen([*_PIP, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        errors: list[str] = []
        for line in process.stdout or ():
            on_line(line)
            if line.startswith(("ERROR", "    Expected", "         Got")):
                errors.append(" ".join(line.split()))
    if process.returncode:
        raise PackagingError(f"pip {arguments[0]} failed: {'; '.join(errors) or f'exit code {process.returncode}'}")


def _fetch(target: Target, requirements: Path, wheelhouse: Path, progress: Progress) -> None:
    total, seen = len(pinned(requirements)), 0

    def count(line: str) -> None:
        nonlocal seen
        if line.startswith(("Collecting ", "Processing ")):
            seen += 1
            progress(min(seen, total), total)

    wheelhouse.mkdir(parents=True, exist_ok=True)
    _pip(
        ["download", *platform_arguments(target), "--dest", str(wheelhouse), "--requirement", str(requirements)], count
    )


def _ships(relative: Path) -> bool:
    """Whether an installed file belongs into the package: code, data, licences and what importlib.metadata reads."""
    parts = relative.parts
    if parts[0] == "bin" or "__pycache__" in parts or relative.suffix in {".pyi", ".pyc"}:
        return False
    if any(part in {"test", "tests"} for part in parts[1:-1]):
        return False
    if parts[0].endswith(".dist-info"):
        return relative.name not in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
    if parts[:2] == ("botocore", "data") and len(parts) > _SERVICE_DEPTH:
        return parts[2] in AWS_SERVICES
    return parts[:2] not in _LEFT_OUT and not relative.name.startswith(_LEFT_OUT_NATIVE.get(parts[0], ("\0",)))


def _clean(site: Path) -> None:
    for path in sorted(site.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not _ships(path.relative_to(site)):
            path.unlink()


def compile_tree(folder: Path) -> None:
    """Put unchecked-hash .pyc files beside all sources below `folder`, as Lambda will see them.

    An interpreter of its own does it, since the bytes depend on the process: a constant of one character is written in
    another way once something in the process has interned it (CPython's marshal.c, `w_object`).
    """
    options = ["-q", "-q", "-f", "-j", "0", "-d", TASK_ROOT, "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run([sys.executable, "-I", "-S", "-m", "compileall", *options, str(folder)], check=False)
    if done.returncode:
        raise PackagingError(f"some sources below {folder.name} do not compile")


def site_packages(target: Target, progress: Progress) -> Path:
    """Return the folder of unpacked and compiled libraries for the target, made when it is not there yet.

    Raises:
        PackagingError: a download failed, a hash does not match, or there is no wheel for the target.
    """
    requirements = target.project / "requirements.txt"
    key = _key(target, requirements)
    site = target.home / "dependencies" / key
    if site.exists():
        return site
    if not pinned(requirements):
        site.mkdir(parents=True)
        return site
    wheelhouse = target.home / "wheelhouse" / key
    _fetch(target, requirements, wheelhouse, progress)
    unfinished = site.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    offline = ["--no-index", "--find-links", str(wheelhouse), "--no-compile", "--target", str(unfinished)]
    _pip(["install", *platform_arguments(target), *offline, "--requirement", str(requirements)], lambda _: None)
    _clean(unfinished)
    compile_tree(unfinished)
    unfinished.rename(site)
    return site


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name in the package, file) of all files below a folder, in order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path
