"""A deployment that has to prove itself: what does not answer its smoke test is taken back at once."""

from collections.abc import Collection

from rich.console import Console

from infra.changes import DeployError
from infra.deploy import Outputs, deploy
from infra.rollback import prove, records_of, return_to
from infra.targets import Target


def ship(target: Target, console: Console, *, yes: bool = False, lose: Collection[str] = ()) -> Outputs:
    """Deploy as `deploy` does, try what was deployed, and return where it is.

    Raises:
        DeployError: as `deploy`; or it does not answer as it should, and what ran before runs again.
    """
    found = deploy(target, console, yes=yes, lose=lose)
    if found.release is None:
        raise DeployError(f"{target.prefix} was deployed without a record")
    wrong = prove(target, console, found, found.release.package)
    if not wrong:
        return found
    why = f"{wrong[0]}{f' (and {len(wrong) - 1} more)' if len(wrong) > 1 else ''}"
    if not found.changed:
        raise DeployError(f"the smoke test failed, though nothing was changed: {why}")
    before = next((one for one in records_of(target)[0].all() if one.id == found.release.replaced), None)
    if before is None:
        raise DeployError(f"the smoke test failed, and there is nothing to go back to: {why}")
    back = return_to(target, console, before, yes=True)
    still = prove(target, console, back, before.package)
    after = f", which does not answer either: {still[0]}" if still else ""
    raise DeployError(f"the smoke test failed: {why}; rolled back to {before.id}{after}")
