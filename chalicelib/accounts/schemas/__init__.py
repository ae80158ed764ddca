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
from chalicelib.accounts.schemas.passwords import PasswordChange, PasswordSignIn

__all__ = [
    "Account",
    "Agreement",
    "CodeExchange",
    "CodeRequest",
    "CodeSent",
    "JsonWebKey",
    "JsonWebKeys",
    "PasswordChange",
    "PasswordSignIn",
    "ProfileChange",
    "RefreshRequest",
    "RolesChange",
    "Session",
    "Sessions",
    "TokenPair",
]
