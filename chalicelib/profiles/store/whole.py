"""All of an account's own rows at once, whatever they are: for erasure."""

from chalicelib.kit.dynamo import Row
from chalicelib.profiles.store.rows import BLOCK, BookRow


class WholeTable:
    """See `profiles.ports.WholeStore`."""

    def forget(self, account_id: str) -> None:
        keys = BookRow.query(f"ACC#{account_id}", consistent_read=True, attributes_to_get=["pk", "sk"])
        gone: list[Row] = [row for row in keys if not row.sk.startswith(BLOCK)]
        with BookRow.batch_write() as batch:
            for row in gone:
                batch.delete(row)
