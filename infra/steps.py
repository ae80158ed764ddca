"""Steps of a command, each shown with its time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def step(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """Show `what` while it runs and, when it is done, its time and whatever was said through the yielded function."""
    started = time.monotonic()
    said: list[str] = []
    yield said.append
    note = f"  [dim]{said[-1]}[/dim]" if said else ""
    console.print(f"[green]✓[/green] {what} [dim]{time.monotonic() - started:.1f} s[/dim]{note}", highlight=False)
