"""Codes by a provider of texts that fills in approved templates: Alibaba Cloud, Tencent Cloud (`kit.texting`)."""

from chalicelib.accounts.rules import CODE_TEXT, CodeNotSent
from chalicelib.kit.i18n import Language, Text
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import log
from chalicelib.kit.texting import Forms, TextClient, TextRefused, unsigned

KIND = "login_code"
"""What the template for codes is called among an operator's."""


class FormCodeSender:
    """See `ports.CodeSender`. The template's variables: `code`; `text`, the whole of it."""

    def __init__(self, client: TextClient, forms: Forms) -> None:
        self._client, self._forms = client, forms

    def send(self, to: str, code: str, language: Language, text: Text = CODE_TEXT) -> None:
        form = self._forms.form(KIND, language)
        if form is None:
            log.error("no template for codes", language=language)
            raise CodeNotSent
        try:
            self._client.send(
                to, form, {"code": code, "text": unsigned(text.render(language, code=code))}, new_id("cod")
            )
        except TextRefused as refused:
            log.warning("code not sent", reason=refused.code)
            raise CodeNotSent from None
