"""Everything the sandbox remembers, as plain JSON values, so that a restart continues where the last run ended."""

import hashlib
import secrets
import string
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Json = dict[str, Any]
Mode = Literal["delayed", "twice", "shuffled", "held", "drop_first"]
RefundOutcome = Literal["auto", "succeeded", "failed", "pending"]

PREFIXES = {
    "payment_intent": "pi",
    "payment_method": "pm",
    "charge": "ch",
    "refund": "re",
    "balance_transaction": "txn",
    "transfer": "tr",
    "transfer_reversal": "trr",
    "dispute": "du",
    "payout": "po",
    "event": "evt",
}
_ALPHABET = string.digits + string.ascii_letters


def _tables() -> dict[str, dict[str, Json]]:
    return {kind: {} for kind in PREFIXES}


class Settings(BaseModel):
    """What the control endpoints change at run time; durations in milliseconds."""

    model_config = ConfigDict(extra="forbid")

    webhook_url: str = ""
    webhook_secret: str = "whsec_sandbox"  # noqa: S105 - a development default
    mode: list[Mode] = Field(default_factory=list)
    delay_ms: int = Field(default=1000, ge=0, le=600_000)
    shuffle_ms: int = Field(default=500, ge=0, le=600_000)
    timestamp_offset: int = Field(default=0, description="seconds added to the time in the webhooks' signatures")
    refund_outcome: RefundOutcome = "auto"
    refund_delay_ms: int = Field(default=300, ge=0, le=600_000)
    settle_ms: int = Field(default=0, ge=0, le=600_000, description="until a charge has its balance transaction")
    fee_bps: int = Field(default=340, ge=0, le=10_000)
    wallet_payer: str = Field(default="sandbox-payer", description="who pays with the wallets, as charges say it")
    wechat_code: str = Field(default="", description="what the QR code says; empty: the page's address")
    alipay_action: Literal["redirect_to_url", "alipay_handle_redirect"] = "redirect_to_url"


class State(BaseModel):
    """The objects by kind and id, oldest first, and what belongs to no Stripe object."""

    seed: str = Field(default_factory=lambda: secrets.token_hex(8))
    made: int = 0
    objects: dict[str, dict[str, Json]] = Field(default_factory=_tables)
    tokens: dict[str, str] = Field(default_factory=dict, description="payment method id to the test card behind it")
    settled: dict[str, str] = Field(default_factory=dict, description="what a pending refund will become")
    paid_out: dict[str, str] = Field(default_factory=dict, description="balance transaction to its automatic payout")
    accounts: dict[str, Json] = Field(default_factory=dict, description="connected accounts that somebody arranged")
    deliveries: dict[str, Json] = Field(default_factory=dict)
    idempotency: dict[str, Json] = Field(default_factory=dict)
    settings: Settings = Field(default_factory=Settings)

    def new_id(self, kind: str, length: int = 24) -> str:
        """An id that follows from the seed and the number of ids before it; never used twice, also after a reset."""
        self.made += 1
        number = int.from_bytes(hashlib.sha256(f"{self.seed}:{kind}:{self.made}".encode()).digest(), "big")
        digits = ""
        for _ in range(length):
            number, digit = divmod(number, len(_ALPHABET))
            digits += _ALPHABET[digit]
        return f"{PREFIXES.get(kind, kind)}_{digits}"

    def empty(self) -> None:
        """Forget all objects, deliveries and answers; ids and settings go on."""
        self.objects = _tables()
        self.tokens, self.settled = {}, {}
        self.paid_out, self.accounts = {}, {}
        self.deliveries, self.idempotency = {}, {}
