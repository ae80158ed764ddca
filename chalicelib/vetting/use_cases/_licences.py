"""Whose a licence is: one row each, taken when an application is submitted and free when nothing needs it any more."""

from collections.abc import Iterator

from chalicelib.kit.transaction import Action
from chalicelib.vetting.ports import Application, Standing, VettingFile, VettingStore


def held(store: VettingStore, before: VettingFile, application: Application, standing: Standing | None) -> list[Action]:
    """Return the writes by which an account holds the licences that it needs after a change, and no other of before."""
    needed = set(_claims(application, standing))
    gone = set(_claims(before.application, before.standing)) - needed
    writes = [store.take(application.claim, application.account_id)] if application.claim else []
    return writes + [store.release(claim, application.account_id) for claim in sorted(gone)]


def _claims(application: Application | None, standing: Standing | None) -> Iterator[str]:
    if application is not None and application.claim is not None:
        yield application.claim
    if standing is not None:
        yield standing.claim
