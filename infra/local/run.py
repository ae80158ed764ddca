"""`make run`: everything on this machine, until Ctrl-C.

    python -m infra.local.run

LINLI_HOME, LINLI_PORT, LINLI_SANDBOX_PORT, LINLI_INBOX_PORT, LINLI_WECHAT_PORT, LINLI_ALIPAY_PORT, LINLI_GEOCODER_PORT
and LINLI_LOGINS_PORT choose another folder and other ports. WALLETS=direct has the WeChat Pay and Alipay sandboxes take
wallets instead of Stripe's.
"""

import signal
import sys
import threading
import time
from types import FrameType

from rich.console import Console

from infra.changes import DeployError
from infra.local.addresses import Addresses, Ports, home_folder
from infra.local.processes import LocalError
from infra.local.supervisor import LocalStack
from infra.steps import step

WATCH_SECONDS = 0.5


class Stopped(BaseException):
    """Somebody asked us to stop (Ctrl-C or SIGTERM) before everything was up."""


def main() -> int:
    """Run the local stack until somebody stops it; 0 when it was stopped, 1 when a part failed."""
    console = Console()
    wish = threading.Event()
    starting = True

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        first = not wish.is_set()
        wish.set()
        if starting and first:
            raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    began = time.monotonic()
    try:
        stack = LocalStack(home_folder(), Ports.from_environment(), console=console)
        try:
            stack.start()
            starting = False
        except Stopped:
            stack.stop()
            console.print("Stopped before everything was up.")
            return 0
    except (LocalError, DeployError) as problem:
        console.print(f"make run: {problem}", style="red", highlight=False, soft_wrap=True)
        return 1
    show(stack.addresses, console, time.monotonic() - began)
    return watch(stack, wish, console)


def show(addresses: Addresses, console: Console, seconds: float) -> None:
    """Print where everything is."""
    console.print(f"\nLinli is up after {seconds:.1f} s", style="bold", highlight=False)
    rows = {
        "API": f"{addresses.api}/v1",
        "API page": addresses.docs,
        "Inbox (SMS and mail)": addresses.inbox,
        "Stripe sandbox": addresses.sandbox,
        "WeChat Pay sandbox": addresses.wechat,
        "Alipay sandbox": addresses.alipay,
        "Geocoder sandbox": addresses.geocoder,
        "Sign-in sandbox": addresses.logins,
    }
    for title, address in rows.items():
        console.print(f"  {title:<22} {address}", highlight=False, soft_wrap=True)
    console.print("Stop with Ctrl-C. From another terminal: make demo, make logs FOLLOW=1\n", highlight=False)


def watch(stack: LocalStack, wish: threading.Event, console: Console) -> int:
    """Wait for somebody's wish to stop, or for a part to end by itself; then stop the rest."""
    failed = None
    while not wish.wait(WATCH_SECONDS):
        failed = stack.ended()
        if failed is not None:
            console.print(f"make run: {failed} has ended; see {stack.home}", style="red", soft_wrap=True)
            break
    with step(console, "Stop and keep the data"):
        stack.stop()
    return 0 if failed is None else 1


if __name__ == "__main__":
    sys.exit(main())
