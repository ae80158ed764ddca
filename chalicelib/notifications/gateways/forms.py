"""Text messages by a provider who fills in approved templates: Alibaba Cloud, Tencent Cloud (`kit.texting`)."""

from datetime import timedelta

from chalicelib.kit.texting import Forms, TextClient, TextRefused, Verdict, unsigned
from chalicelib.notifications.ports import AddressBusy, AddressGone, Letter, SenderDown, Undeliverable


class FormSender:
    """See `notifications.ports.Sender`. A form's variables are those of the letter, and `title` and `text`, the whole
    of it, for a form that is for every kind.

    Args:
        name: the provider's, for logs.
    """

    def __init__(self, name: str, client: TextClient, forms: Forms) -> None:
        self._name, self._client, self._forms = name, client, forms

    def send(self, letter: Letter, to: str) -> str | None:
        form = self._forms.form(letter.kind, letter.language)
        if form is None:
            raise Undeliverable(f"{self._name}: no template for {letter.kind} in {letter.language}")
        values = {**letter.template, "title": letter.title, "text": unsigned(letter.body)}
        try:
            return self._client.send(to, form, values, letter.id) or None
        except TextRefused as refused:
            reason = f"{self._name}: {refused.code}"
            if refused.verdict is Verdict.GONE:
                raise AddressGone(reason) from refused
            if refused.verdict is Verdict.NEVER:
                raise Undeliverable(reason) from refused
            after = None if refused.retry_after is None else timedelta(seconds=refused.retry_after)
            raise (AddressBusy if refused.verdict is Verdict.BUSY else SenderDown)(reason, after) from refused
