"""Signing in with a code that was sent to a phone."""

from chalicelib.accounts import rules
from chalicelib.accounts.ports import AccountPorts, Kind, Visitor
from chalicelib.accounts.rules import CodeNotAccepted
from chalicelib.accounts.use_cases.enter import SignedIn, enter
from chalicelib.kit.transaction import retrying

SIGN_IN = "sign-in"  # the purpose of a code
SMS = "sms"


def request_code(ports: AccountPorts, phone_text: str, visitor: Visitor) -> None:
    """Send a sign-in code to a phone, known or not: the answer does not tell. An earlier code dies.

    Raises:
        Invalid: not a mobile number.
        TooMany: the budget of the phone or of the source address is spent.
        CodeNotSent: the provider did not take it.
    """
    phone, code = rules.normal_phone(phone_text), rules.new_code()

    def attempt() -> None:
        now = ports.clock.now()
        window = rules.window(now)
        ports.committer.commit(
            [
                ports.store.spend("phone", phone, window, rules.CODES_PER_PHONE),
                ports.store.spend("address", rules.network(visitor.source_ip), window, rules.CODES_PER_ADDRESS),
                ports.store.put_code(SIGN_IN, phone, code, now + rules.CODE_LIFE),
            ]
        )

    retrying(attempt)
    ports.sender.send(phone, code, visitor.language)


def sign_in(ports: AccountPorts, phone_text: str, code: str, visitor: Visitor) -> SignedIn:
    """Turn a code into a session; the first time the account is made. Of several requests with the same right code one
    succeeds.

    Raises:
        Invalid: not a mobile number.
        CodeNotAccepted: wrong, run out, used or tried too often.
    """
    phone = rules.normal_phone(phone_text)
    if not retrying(lambda: ports.store.count_try(SIGN_IN, phone, code, ports.clock.now())):
        raise CodeNotAccepted
    return enter(ports, Kind.PHONE, phone, visitor, (SMS,), [ports.store.use_code(SIGN_IN, phone, code)])
