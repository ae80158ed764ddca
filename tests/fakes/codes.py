"""A sender of sign-in codes that keeps them: what `chalicelib.accounts.ports.CodeSender` promises."""

from chalicelib.accounts.rules import CODE_TEXT, CodeNotSent


class FakeCodeSender:
    """Codes in the order that they were sent; `down` refuses to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.down = False
        self.words = ""

    def send(self, phone, code, language, text=CODE_TEXT):
        if self.down:
            raise CodeNotSent
        self.sent.append((phone, code, language))
        self.words = text.render(language, code=code)

    def last(self, phone):
        return [code for to, code, _ in self.sent if to == phone][-1]
