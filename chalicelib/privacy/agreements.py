"""What accounts are given to write down what their people agree to when they sign up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit.i18n import Language
from chalicelib.kit.transaction import Action
from chalicelib.privacy import use_cases
from chalicelib.privacy.ports import ConsentPorts, Purpose


@dataclass(frozen=True)
class Agreements:
    """See `accounts.ports.Agreements`."""

    ports: ConsentPorts

    def agreed(self, account_id: str, versions: Mapping[str, str], language: Language, now: datetime) -> list[Action]:
        """See `privacy.use_cases.agreed`."""
        purposes = {Purpose(name): version for name, version in versions.items()}
        return use_cases.agreed(self.ports, account_id, purposes, language, now)
