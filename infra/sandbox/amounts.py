"""What Stripe lets one charge: currencies, their decimals, the smallest and the largest amount.

Sources: docs.stripe.com/currencies (zero- and three-decimal currencies, minimum and maximum charge amounts). Stripe
measures the minimum in the settlement currency; for CNY, which has none of its own, about half a US dollar is taken.
"""

from infra.sandbox.errors import ApiError

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
_OTHERS = (
    "aed all amd ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk "
    "dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kyd "
    "kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk "
    "php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx "
    "usd uyu uzs wst xcd yer zar zmw"
)
CURRENCIES = ZERO_DECIMAL | THREE_DECIMAL | frozenset(_OTHERS.split())
MINIMUMS = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "cny": 400, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
    "usd": 50,
}  # fmt: skip
MAXIMUM = 99_999_999


def check_charge(amount: int, currency: str) -> str:
    """The currency in lower case when one may charge so many of its minor units. Raises ApiError (400)."""
    code = currency.lower()
    if code not in CURRENCIES:
        raise ApiError(f"Invalid currency: {currency}.", param="currency")
    if amount < MINIMUMS.get(code, 1):
        least = show(MINIMUMS.get(code, 1), code)
        raise ApiError(f"Amount must be at least {least}.", code="amount_too_small", param="amount")
    if amount > MAXIMUM:
        raise ApiError(f"Amount must be no more than {show(MAXIMUM, code)}.", code="amount_too_large", param="amount")
    if code in THREE_DECIMAL and amount % 10:
        raise ApiError(f"Amounts in {code} must end in 0.", code="parameter_invalid_integer", param="amount")
    return code


def show(amount: int, currency: str) -> str:
    """An amount of minor units for people, such as `12.50 CNY`."""
    digits = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    whole, rest = divmod(abs(amount), 10**digits)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}{f'.{rest:0{digits}d}' if digits else ''} {currency.upper()}"


def fee(amount: int, bps: int) -> int:
    """The processor's fee in minor units, rounded half up."""
    return (amount * bps + 5000) // 10000
