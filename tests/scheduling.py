"""Which test runs in which process, when pytest-xdist spreads them.

All that packages or deploys the app runs in one process, one after the other; every other test goes to whichever process is free.
xdist's own groups (`xdist_group`) have no effect with pytest 9.2, where a test's id can no longer be changed.
"""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

ALONE = ("tests/e2e/", "tests/test_handlers.py")
TOGETHER = (
    "tests/infra/test_deploy.py",
    "tests/infra/test_lifecycle.py",
    "tests/infra/test_package.py",
    "tests/infra/planted/",
)
"""Files whose tests share what is dear to make; each stays in one process, in its order."""


def is_alone(nodeid: str) -> bool:
    """True for tests that share one process."""
    return nodeid.startswith(ALONE)


class Scheduler(LoadScopeScheduling):
    """Hands out tests one by one, those that must stay together as one piece."""

    def __init__(self, config: Any, log: Any = None) -> None:
        config.option.loadscopereorder = False  # the order of the suite
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        if is_alone(nodeid):
            return "alone"
        return nodeid.partition("::")[0] if nodeid.startswith(TOGETHER) else nodeid
