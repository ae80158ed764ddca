"""What the inbox takes, keeps, and may be told to refuse."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Post(BaseModel):
    """What is sent. `kind` is the sender's own word for it, such as `login_code`; `id` keeps repeats out.

    `code` and `language` are for readers that do not want to search the text; `html` is a mail's page, `unsubscribe`
    where its List-Unsubscribe leads.
    """

    model_config = ConfigDict(extra="forbid")

    channel: Literal["sms", "email", "push", "wechat"]
    to: str = Field(min_length=1, max_length=320)
    body: str = Field(default="", max_length=100_000)
    subject: str | None = Field(default=None, max_length=1000)
    kind: str | None = Field(default=None, max_length=100)
    id: str | None = Field(default=None, min_length=1, max_length=200)
    code: str | None = Field(default=None, max_length=20)
    language: str | None = Field(default=None, max_length=20)
    html: str | None = Field(default=None, max_length=200_000)
    link: str | None = Field(default=None, max_length=2000)
    unsubscribe: str | None = Field(default=None, max_length=2000)


class Message(Post):
    """What was caught: `seq` counts up from 1, `at` is in seconds since the epoch."""

    id: str
    seq: int
    at: float


class Failure(BaseModel):
    """What happens to the next `times` posts. `lost_answer` stores the message and closes the connection."""

    model_config = ConfigDict(extra="forbid")

    times: int = Field(default=1, ge=1, le=10_000)
    status: int = Field(default=503, ge=400, le=599)
    kind: Literal["error", "drop", "lost_answer"] = "error"


class Kept(BaseModel):
    """All that outlives a restart, oldest first."""

    seq: int = 0
    messages: list[Message] = Field(default_factory=list)
