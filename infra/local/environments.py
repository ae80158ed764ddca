"""Makes what the commands need in this checkout: Python environments and the npm tools of the tests.

Runs before anything is installed, so it uses the standard library alone. Each environment carries a stamp with the
hash of what it was made from; it is touched again only when that hash changes.

    python3.11 -m infra.local.environments            # all
    python3.11 -m infra.local.environments run        # what `make run` needs, without the tools of the tests
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAIN_VENV = ROOT / ".venv"
MINISTACK_VENV = ROOT / ".local" / "ministack-venv"
NODE_MODULES = ROOT / "tests" / "node_modules"
DYNOXIDE = NODE_MODULES / "@dynoxide" / "linux-x64" / "dynoxide"


class SetupError(Exception):
    """Something that the person at the keyboard has to put right; the text is one line for them."""


@dataclass(frozen=True)
class Environment:
    """A folder that is made from input files by commands."""

    name: str
    folder: Path
    inputs: tuple[Path, ...]
    commands: tuple[tuple[str, ...], ...]

    @property
    def stamp(self) -> Path:
        return self.folder / ".linli-stamp"

    def fingerprint(self) -> str:
        """Hash of all that decides the content: the inputs, the commands, the Python and the machine."""
        digest = hashlib.sha256(repr((self.commands[-1], sys.version_info, sys.platform, platform.machine())).encode())
        for path in self.inputs:
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def is_fresh(self) -> bool:
        """True when the folder was made completely from the inputs as they are now."""
        return self.stamp.is_file() and self.stamp.read_text() == self.fingerprint()


def virtual_environment(name: str, folder: Path, requirements: Sequence[Path]) -> Environment:
    """A Python environment with exactly what the hash-pinned requirement files list."""
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    for path in requirements:
        pip += ["-r", str(path)]
    venv = [sys.executable, "-m", "venv", *(() if fits_this_python(folder) else ("--clear",)), str(folder)]
    return Environment(name, folder, tuple(requirements), (tuple(venv), tuple(pip)))


def fits_this_python(folder: Path) -> bool:
    """False when an environment of another Python version lies in the folder; it has to be cleared first."""
    configuration = folder / "pyvenv.cfg"
    version = ".".join(map(str, sys.version_info[:2]))
    return not configuration.is_file() or f"version = {version}." in configuration.read_text()


def environments() -> dict[str, Environment]:
    """All environments of this checkout by their short names."""
    main = virtual_environment(
        "Python packages of Linli (.venv)", MAIN_VENV, [ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt"]
    )
    ministack = virtual_environment(
        "local AWS (ministack)", MINISTACK_VENV, [ROOT / "infra" / "local_requirements.txt"]
    )
    node = Environment(
        "DynamoDB for store tests (dynoxide)",
        NODE_MODULES,
        (ROOT / "tests" / "package.json", ROOT / "tests" / "package-lock.json"),
        (("npm", "ci", "--prefix", str(ROOT / "tests"), "--no-audit", "--no-fund", "--loglevel", "error"),),
    )
    return {"main": main, "ministack": ministack, "node": node}


def needs_dynoxide() -> bool:
    """Only linux-x64 has a dynoxide binary that we pin; elsewhere the store tests run on ministack alone."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def make(environment: Environment) -> None:
    """Bring one environment up to date; says what it does and how long it took."""
    if environment.is_fresh():
        return
    began = time.monotonic()
    print(f"setup: {environment.name} ...", flush=True)
    environment.stamp.unlink(missing_ok=True)
    environment.folder.parent.mkdir(parents=True, exist_ok=True)
    for command in environment.commands:
        if shutil.which(command[0]) is None:
            raise SetupError(f"{command[0]} is missing: install Node.js 18 or newer, then try again")
        done = subprocess.run(command, check=False)
        if done.returncode:
            raise SetupError(f"{environment.name}: '{' '.join(command[:4])} ...' ended with {done.returncode}")
    environment.stamp.write_text(environment.fingerprint())
    print(f"setup: {environment.name} ready in {time.monotonic() - began:.1f} s", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Command line: the names of the environments to make, `run` for those of the local stack, nothing for all."""
    known = environments()
    wanted = ["main", "ministack"] if "run" in arguments else list(arguments) or list(known)
    try:
        for name in wanted:
            if name != "node" or needs_dynoxide():
                make(known[name])
    except SetupError as problem:
        print(f"setup: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
