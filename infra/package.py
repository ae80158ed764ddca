"""The deployment package: `chalice package` for our code, the checked libraries beside it; the same bytes each time."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.dependencies import (
    PackagingError,
    Progress,
    compile_tree,
    files_below,
    fits_host_only,
    pinned,
    site_packages,
)
from infra.package_check import problems
from infra.targets import APP, Target

_RECIPE = "4"
"""Part of the cache key; count up when this file makes something else of the same inputs."""
# The first moment a zip can tell; a package's bytes depend on its content alone.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_KEEP_PACKAGES = 5
_LEFTOVERS = ("~", ".bak", ".orig", ".pyc", ".rej", ".swp", ".tmp")
# Chalice loads the app to write its template; with it goes which domains each path needs (`chalicelib/kit/doors.py`).
_CHALICE = """
import json, sys
from chalice.cli import main
try:
    sys.exit(main())
finally:
    app = getattr(sys.modules.get("app"), "app", None)
    if hasattr(app, "index"):
        with open("doors.json", "w") as file:
            json.dump(app.index(), file, sort_keys=True)
"""


@dataclass(frozen=True)
class Package:
    """What is uploaded, and what Chalice says about it.

    Attributes:
        zip_path: the package.
        template: the SAM template that Chalice wrote.
        reused: nothing had changed since it was made.
    """

    zip_path: Path
    template: dict[str, Any]
    reused: bool

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the package, in hex."""
        return hashlib.sha256(self.zip_path.read_bytes()).hexdigest()

    @property
    def key(self) -> str:
        """Where it lies in the bucket: by content, so that an unchanged package changes no function."""
        return f"packages/{self.digest}.zip"


def _sources(project: Path) -> list[Path]:
    """Return the files that the package is made of, in order."""
    config = sorted((project / ".chalice").glob("*.json"))
    code = sorted(path for path in (project / "chalicelib").rglob("*") if path.is_file() and _is_source(path))
    return [project / "app.py", project / "requirements.txt", *config, *code]


def _is_source(path: Path) -> bool:
    """Whether a file is of the project, rather than what an editor, a merge or an interpreter left beside it."""
    hidden = any(part.startswith(".") for part in path.parts[path.parts.index("chalicelib") :])
    return not hidden and "__pycache__" not in path.parts and not path.name.endswith(_LEFTOVERS)


def input_key(target: Target) -> str:
    """Return the hash of everything that decides what the package will be."""
    digest = hashlib.sha256()
    settings = (_RECIPE, target.architecture, target.partition, fits_host_only(target))
    for text in (*map(str, settings), sys.platform, str(sys.version_info[:2])):
        digest.update(text.encode() + b"\0")
    for path in _sources(target.project):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(target.project).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _stage_sources(folder: Path, target: Target) -> None:
    """Copy what Chalice packages into a clean folder; without requirements, since the libraries come from elsewhere."""
    for path in _sources(target.project):
        copy = folder / path.relative_to(target.project)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    (folder / "requirements.txt").write_text("", encoding="utf-8")
    config_path = folder / ".chalice" / "config.json"
    config = json.loads(config_path.read_text(encoding="utf-8"))
    config["lambda_architecture"] = target.architecture
    config_path.write_text(json.dumps(config), encoding="utf-8")


def _run_chalice(folder: Path, target: Target) -> Path:
    """Run `chalice package` and return its output folder."""
    out = folder / "out"
    environment = os.environ | {
        "APP": APP,
        "AWS_DEFAULT_REGION": target.region,
        "PIP_NO_INDEX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("AWS_PROFILE", None)
    command = [
        sys.executable,
        "-c",
        _CHALICE,
        "package",
        "--stage",
        "package",
        str(out),
    ]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line for line in (result.stderr + result.stdout).splitlines() if line.strip()]
        raise PackagingError(f"chalice package failed: {lines[-1].strip() if lines else 'no output'}")
    return out


def write_zip(entries: Iterable[tuple[str, Path]], target: Path) -> None:
    """Write a zip whose bytes depend on the entries' names and content alone."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, path in sorted(entries):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, path.read_bytes())


def _assemble(chalice_zip: Path, site: Path, folder: Path, target: Path) -> None:
    ours = folder / "ours"
    with zipfile.ZipFile(chalice_zip) as archive:
        archive.extractall(ours)
    if (folder / "doors.json").exists():
        shutil.copyfile(folder / "doors.json", ours / "chalicelib" / "doors.json")
    compile_tree(ours)
    entries = dict(files_below(site))
    # Our own code and Chalice's runtime win over a library that brings a file of the same name.
    entries.update(files_below(ours))
    write_zip(entries.items(), target)


def _forget_old(packages: Path) -> None:
    kept = sorted(packages.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[_KEEP_PACKAGES:]:
        shutil.rmtree(old, ignore_errors=True)


def _make(target: Target, folder: Path, progress: Progress) -> None:
    site = site_packages(target, progress)
    with tempfile.TemporaryDirectory(prefix="linli-package-") as name:
        work = Path(name)
        _stage_sources(work, target)
        out = _run_chalice(work, target)
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}-"))
        _assemble(out / "deployment.zip", site, work, unfinished / "package.zip")
        found = problems(unfinished / "package.zip", pinned(target.project / "requirements.txt"), target)
        if found:
            shutil.rmtree(unfinished)
            raise PackagingError(f"the package is not right: {'; '.join(found[:5])}")
        shutil.copyfile(out / "sam.json", unfinished / "sam.json")
        unfinished.rename(folder)


def sources_template(target: Target) -> dict[str, Any]:
    """Return the template that Chalice writes for the project as it lies there, without packaging any library.

    Raises:
        PackagingError: with the reason on one line.
    """
    with tempfile.TemporaryDirectory(prefix="linli-template-") as name:
        _stage_sources(Path(name), target)
        template: dict[str, Any] = json.loads((_run_chalice(Path(name), target) / "sam.json").read_text("utf-8"))
        return template


@contextmanager
def _alone(packages: Path) -> Iterator[None]:
    """Wait until no other process packages into this folder: `make run` and `make test` may do so at the same time."""
    with packages.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def package(target: Target, progress: Progress = lambda _done, _total: None) -> Package:
    """Return the package of the project as it lies there; made anew only when an input has changed.

    Raises:
        PackagingError: with the reason on one line.
    """
    packages = target.home / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    folder = packages / input_key(target)
    with _alone(packages):
        reused = folder.exists()
        if not reused:
            _make(target, folder, progress)
            _forget_old(packages)
        folder.touch()
    template = json.loads((folder / "sam.json").read_text(encoding="utf-8"))
    return Package(zip_path=folder / "package.zip", template=template, reused=reused)
