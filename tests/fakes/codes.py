"""A sender of sign-in codes that keeps them: what `chalicelib.accounts.ports.CodeSender` promises."""

from chalicelib.accounts.rules import CodeNotSent


class FakeCodeSender:
    """Codes in the order that they were sent; `down` refuses to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.down = False

    def send(self, phone, code, language):
        if self.down:
            raise CodeNotSent
        self.sent.append((phone, code, language))

    def last(self, phone):
        return [code for to, code, _ in self.sent if to == phone][-1]
