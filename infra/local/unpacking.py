"""Lets all workers of the emulator share one unpacked copy of a package.

The emulator unpacks a function's package for each of its workers, into memory: 150 MB each, and with fifty clients at
once there are a hundred of them. What is unpacked is only read, so every worker's files can be the same ones under
other names (hard links); a worker that goes takes its names with it. It also starts a second of CPU sooner.

Uses the standard library alone.
"""

import hashlib
import os
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_lock = threading.Lock()


class SharedZip(zipfile.ZipFile):
    """A package on disk whose files are unpacked once in the folder for temporary files, whoever asks how often."""

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Put the package's files under a folder; the package itself becomes another name of the shared one too."""
        if path is None or members is not None or self.filename is None:
            super().extractall(path, members, pwd)
            return
        shared = self._shared(Path(self.filename))
        shutil.copytree(shared / "code", path, copy_function=os.link, dirs_exist_ok=True)
        again = Path(f"{self.filename}.again")
        again.hardlink_to(shared / "code.zip")
        again.replace(self.filename)

    def _shared(self, package: Path) -> Path:
        with package.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        shared = Path(tempfile.gettempdir()) / f"unpacked-{digest[:32]}"
        with _lock:
            if not shared.exists():
                fresh = Path(tempfile.mkdtemp(prefix="unpacking-"))
                super().extractall(fresh / "code")
                shutil.copyfile(package, fresh / "code.zip")
                fresh.rename(shared)  # whole, or not at all
        return shared


def share(runtime: Any) -> None:
    """Have the emulator's runtime of functions unpack packages so."""
    runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZip})
