"""A deployment that has to prove itself: what does not answer its smoke test is taken back at once."""

from collections.abc import Collection, Sequence

from rich.console import Console

from infra import changes, going_back
from infra.changes import DeployError
from infra.deploy import Outputs, deploy
from infra.releases import Release
from infra.rollback import prove, records_of, return_to
from infra.targets import Target


def ship(target: Target, console: Console, *, yes: bool = False, lose: Collection[str] = ()) -> Outputs:
    """Deploy as `deploy` does, try what was deployed, and return where it is.

    Raises:
        DeployError: as `deploy`; or it does not answer as it should, and what ran before runs again, unless nothing
            was deployed or somebody else has deployed since.
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
    there = records_of(target)[0].all()
    kept = _not_ours(target, found.release, there)
    if kept:
        raise DeployError(f"the smoke test failed: {why}; nothing was taken back: {kept}")
    before = next((one for one in there if one.id == found.release.replaced), None)
    if before is None:
        raise DeployError(f"the smoke test failed, and there is nothing to go back to: {why}")
    try:
        # Nobody relies yet on a name that this deployment brought; messages may have come since.
        back = return_to(target, console, before, yes=True, lose=(*going_back.NAMES, going_back.MIGRATIONS))
    except DeployError as error:
        raise DeployError(f"the smoke test failed: {why}; not rolled back: {error}") from error
    still = prove(target, console, back, before.package)
    after = f", which does not answer either: {still[0]}" if still else ""
    raise DeployError(f"the smoke test failed: {why}; rolled back to {before.id}{after}")


def _not_ours(target: Target, release: Release, there: Sequence[Release]) -> str:
    """Say why what runs now is not this deployment's to take back; empty where it is. `there` was read just now."""
    if there[0].id != release.id:
        return f"{there[0].by} has deployed {there[0].id} since"
    client = target.client("cloudformation")
    state = (changes.stack(client, target.app_stack) or {}).get("StackStatus", "")
    if state.endswith("_IN_PROGRESS"):
        return f"somebody else is deploying ({state})"
    # Done, and not recorded yet.
    code = changes.parameters(client, target.app_stack).get("CodeKey", release.package)
    return "" if code == release.package else "somebody else has deployed since"
