"""Runs one command and sees to it that neither it nor its children outlive the process that asked for it.

Started by `infra.local.processes` as `python -I -S guard.py GRACE SCRATCH COMMAND ...`. Its standard input is a pipe
that the asker holds open: when the asker closes it or dies, even by SIGKILL, the pipe ends and the command is asked to
stop (SIGTERM), after GRACE seconds forced to. What is left in the command's process group goes with it, and so does
the folder SCRATCH, if one is named. Works alike on Linux and macOS.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading


def end_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group that may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def stop_when_asked(child: "subprocess.Popen[bytes]", grace: float) -> None:
    """Wait for the end of standard input, then stop the child."""
    while os.read(0, 4096):
        pass
    child.terminate()
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        end_group(child.pid, signal.SIGKILL)


def main(grace: float, scratch: str, command: list[str]) -> int:
    """Run the command to its end; its exit status, or 128 + the signal that ended it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=default_signals)  # noqa: PLW1509 (no threads yet)
    threading.Thread(target=stop_when_asked, args=(child, grace), daemon=True).start()
    status = child.wait()
    end_group(child.pid, signal.SIGKILL)
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)
    return status if status >= 0 else 128 - status


def default_signals() -> None:
    """Undo, in the command, what the guard ignores for itself."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
