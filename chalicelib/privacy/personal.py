"""What somebody agreed to. It stays: it has the account's id alone, and proves what was done with consent."""

from chalicelib.kit.personal import Told, every, plain
from chalicelib.privacy.ports import ConsentPorts


def personal_data(ports: ConsentPorts, account_id: str) -> Told:
    """Return all that they ever said."""
    said = every(lambda after, limit: ports.store.history(account_id, after, limit))
    return {"consents": [plain(one) for one in said]}
