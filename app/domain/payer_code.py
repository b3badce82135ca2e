"""Which app a scanned or typed number belongs to: a payer's code (付款码), or something that is none (SPEC K-2).

WeChat: 18 digits from 10 to 15 (pay.weixin.qq.com, guide/pos/ImportantParameters). Alipay: 16 to 24, from 25 to 30
(Antom, barcode payment). UnionPay: 19 digits from 62. Our own tokens have 20 digits and may begin with any of them, so
whatever has 20 digits is a token and never leaves the house, even though a few of Alipay's codes may be as long: their
owner shows a new one, while a token that went to a payment API could be read there and typed by somebody else.
"""

from dataclasses import dataclass
from enum import StrEnum

TOKEN_DIGITS = 20
SHORTEST, LONGEST = 16, 24


class PayerApp(StrEnum):
    """Whose code it is. `rehearsal`: a code of the sandbox's own, which no app shows."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    UNIONPAY = "unionpay"
    REHEARSAL = "rehearsal"


class CodeTrouble(StrEnum):
    """Why a number is taken to nobody. `token`: ours, it goes to the meter. `unknown`: of no app that we know.
    `not_offered`: of an app that this utility takes no money through."""

    TOKEN = "token"
    UNKNOWN = "unknown"
    NOT_OFFERED = "not_offered"


class NotAPayersCode(ValueError):
    """A number that must not go to a payment provider. `code` says why; the number itself is never kept."""

    def __init__(self, trouble: CodeTrouble) -> None:
        super().__init__(trouble.value)
        self.code = trouble.value


@dataclass(frozen=True, slots=True)
class _Shape:
    app: PayerApp
    digits: range
    prefixes: range


_SHAPES = (
    _Shape(PayerApp.WECHAT, range(18, 19), range(10, 16)),
    _Shape(PayerApp.ALIPAY, range(16, 25), range(25, 31)),
    _Shape(PayerApp.UNIONPAY, range(19, 20), range(62, 63)),
    _Shape(PayerApp.REHEARSAL, range(18, 19), range(99, 100)),
)

PROVIDER_OF = {
    PayerApp.WECHAT: "wechatpay",
    PayerApp.ALIPAY: "alipay",
    PayerApp.REHEARSAL: "sandbox",
}
"""The payment provider that each app's code goes to; UnionPay's code is known and goes nowhere."""


def bare(typed: str) -> str:
    """The number without what a keypad or a scanner puts between and around its digits."""
    return "".join(typed.split()).replace("-", "")


def app_of(typed: str) -> PayerApp:
    """Say whose app shows this number. Raises NotAPayersCode for a token of ours and for everything unknown."""
    digits = bare(typed)
    if not (digits.isascii() and digits.isdecimal()):
        raise NotAPayersCode(CodeTrouble.UNKNOWN)
    if len(digits) == TOKEN_DIGITS:
        raise NotAPayersCode(CodeTrouble.TOKEN)
    for shape in _SHAPES:
        if len(digits) in shape.digits and int(digits[:2]) in shape.prefixes:
            return shape.app
    raise NotAPayersCode(CodeTrouble.UNKNOWN)


def provider_of(typed: str) -> str:
    """The name of the provider that this payer's code goes to. Raises NotAPayersCode."""
    found = PROVIDER_OF.get(app_of(typed))
    if found is None:
        raise NotAPayersCode(CodeTrouble.NOT_OFFERED)
    return found


def patience_s(provider: str) -> int:
    """How long an undecided charge is asked about before it is taken back: WeChat ends it after 45 s by itself, the
    others' documents say about a minute."""
    return 45 if provider == PROVIDER_OF[PayerApp.WECHAT] else 60
