"""What privacy keeps, and how it reaches what others have sealed (`sealed`)."""

from chalicelib.privacy.store.sealed import SealedTables

__all__ = ["SealedTables"]
