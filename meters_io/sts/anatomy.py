"""What a token of any class says, by class and subclass."""

from meters_io.sts.ciphers import BlockCipher
from meters_io.sts.displays import TestToken, read_test
from meters_io.sts.key_change import Section, read_section
from meters_io.sts.management import KEY_CHANGE_SUBCLASSES, ManagementToken, read_management
from meters_io.sts.token import Opened, TokenClass, open_token
from meters_io.sts.transfer import Credit, CreditToken, read_credit

AnyToken = CreditToken | ManagementToken | TestToken | Section | Opened
_RESERVED_TESTS = frozenset({3, 4, 5})


def read_token(digits: str, cipher: BlockCipher | None) -> AnyToken:
    """Return what 20 digits say; class 1 needs no cipher. A subclass without a meaning stays `Opened`.

    Raises RemoteError: `token_format`, `token_class` (class 3), `token_crc`; LocalError `token_cipher` (class 0 or 2
    without a cipher).
    """
    return read_opened(open_token(digits, cipher))


def read_opened(opened: Opened) -> AnyToken:
    """Return what an opened token says; `opened` itself where its subclass is reserved."""
    match opened.token_class:
        case TokenClass.CREDIT if opened.subclass <= Credit.TIME_CURRENCY:
            return read_credit(opened)
        case TokenClass.TEST if opened.subclass not in _RESERVED_TESTS:
            return read_test(opened)
        case TokenClass.MANAGEMENT if opened.subclass in KEY_CHANGE_SUBCLASSES:
            return read_section(opened)
        case TokenClass.MANAGEMENT:
            return read_management(opened)
    return opened
