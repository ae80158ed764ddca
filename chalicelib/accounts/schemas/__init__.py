"""What accounts say over the wire."""

from chalicelib.accounts.schemas.accounts import (
    Account,
    Agreement,
    CodeExchange,
    CodeRequest,
    CodeSent,
    JsonWebKey,
    JsonWebKeys,
    ProfileChange,
    RefreshRequest,
    RolesChange,
    Session,
    Sessions,
    TokenPair,
)

__all__ = [
    "Account",
    "Agreement",
    "CodeExchange",
    "CodeRequest",
    "CodeSent",
    "JsonWebKey",
    "JsonWebKeys",
    "ProfileChange",
    "RefreshRequest",
    "RolesChange",
    "Session",
    "Sessions",
    "TokenPair",
]
