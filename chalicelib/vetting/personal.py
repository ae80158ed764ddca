"""What a merchant showed of themselves to become one."""

from chalicelib.kit.files import UPLOADS
from chalicelib.kit.personal import Told, plain
from chalicelib.kit.transaction import retrying
from chalicelib.vetting.ports import VettingPorts
from chalicelib.vetting.use_cases.apply import LICENCES


def personal_data(ports: VettingPorts, account_id: str) -> Told:
    """Return their application, as it stands and as it was approved; its images are theirs already."""
    found = (ports.store.file(account_id).application, ports.store.approved(account_id))
    hidden = ("claim", "decided_by", "version", "uploads")
    return {"applications": [plain(one, *hidden) for one in found if one is not None]}


def erase(ports: VettingPorts, account_id: str) -> None:
    """Remove it with its images, and let the licence be another's. Whoever runs shops is not erased, so nothing is sold
    without a licence.
    """
    for place in (UPLOADS, LICENCES):
        for key in list(ports.files.below(f"{place}/{account_id}/")):
            ports.files.delete(key)

    def attempt() -> None:
        file, approved = ports.store.file(account_id), ports.store.approved(account_id)
        holders = (file.application, file.standing, approved)
        claims = {one.claim for one in holders if one is not None and one.claim is not None}
        released = [ports.store.release(claim, account_id) for claim in sorted(claims)]
        ports.committer.commit([*released, *ports.store.erase(account_id)])

    retrying(attempt)
