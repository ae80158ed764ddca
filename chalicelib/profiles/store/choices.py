"""Choices in the profiles table."""

import json
from datetime import time
from typing import Any

from chalicelib.kit.dynamo import put
from chalicelib.kit.transaction import Action
from chalicelib.profiles.rules.notices import Channel, Choices, Digest, QuietHours
from chalicelib.profiles.store.rows import CHOICES, ChoicesRow


class ChoiceTable:
    """See `profiles.ports.ChoiceStore`."""

    def choices(self, account_id: str) -> Choices:
        try:
            row = ChoicesRow.get(f"ACC#{account_id}", CHOICES, consistent_read=True)
        except ChoicesRow.DoesNotExist:
            return Choices()
        return Choices(
            off=frozenset((kind, Channel(channel)) for kind, channel in row.off),
            quiet=_quiet(row.quiet) if row.quiet else None,
            digest=_digest(row.digest) if row.digest else None,
            keeps_history=bool(row.keeps_history),
            version=int(row.version),
        )

    def put_choices(self, account_id: str, choices: Choices) -> Action:
        quiet, digest = choices.quiet, choices.digest
        row = ChoicesRow(
            f"ACC#{account_id}",
            CHOICES,
            off=sorted([kind, channel.value] for kind, channel in choices.off),
            quiet=json.dumps([f"{quiet.start:%H:%M}", f"{quiet.end:%H:%M}", quiet.zone]) if quiet else None,
            digest=[sorted(digest.kinds), f"{digest.at:%H:%M}", digest.zone] if digest else None,
            keeps_history=choices.keeps_history,
            version=choices.version,
        )
        first = choices.version == 1
        return put(row, ChoicesRow.pk.does_not_exist() if first else ChoicesRow.version == choices.version - 1)


def _quiet(text: str) -> QuietHours:
    start, end, zone = json.loads(text)
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end), zone)


def _digest(told: list[Any]) -> Digest:
    kinds, at, zone = told
    return Digest(frozenset(kinds), time.fromisoformat(at), zone)
