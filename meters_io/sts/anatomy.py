"""What a token of any class says, by class and subclass."""

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.ciphers import BlockCipher
from meters_io.sts.displays import TestToken, read_test
from meters_io.sts.key_change import Section, read_section
from meters_io.sts.management import KEY_CHANGE_SUBCLASSES, ManagementToken, read_management
from meters_io.sts.token import Opened, TokenClass, open_test, open_token, read_class
from meters_io.sts.transfer import Credit, CreditToken, read_credit

AnyToken = CreditToken | ManagementToken | TestToken | Section | Opened
_RESERVED_TESTS = frozenset({3, 4, 5})


def read_token(digits: str, cipher: BlockCipher | None) -> AnyToken:
    """Return what 20 digits say; class 1 needs no cipher. A subclass without a meaning stays `Opened`.

    Raises RemoteError: `token_format`, `token_class` (class 3), `token_crc`; LocalError `token_cipher` (class 0 or 2
    without a cipher).
    """
    token_class = read_class(digits)
    if token_class is TokenClass.TEST:
        return read_opened(open_test(digits))
    if token_class is TokenClass.RESERVED:
        raise RemoteError("class 3 is reserved", code="token_class", field="class")
    if cipher is None:
        raise LocalError("only class 1 can be read without the meter's key", code="token_cipher", field="cipher")
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
