"""Tokens as they are typed, and as they decipher."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from meters_io.errors import CodecError, LocalError
from meters_io.sts.anatomy import AnyToken, read_token
from meters_io.sts.ciphers import Algorithm, BlockCipher
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.displays import TestToken, encode_test
from meters_io.sts.key_change import FirstSection, FourthSection, SecondSection, ThirdSection, assemble, encode_section
from meters_io.sts.keys import decoder_key
from meters_io.sts.management import ManagementToken, encode_management
from meters_io.sts.meter import Meter
from meters_io.sts.meter_state import manufactured
from meters_io.sts.token import Opened, TokenClass, seal
from meters_io.sts.transfer import CreditToken, encode_credit
from tests.meters_io.sts.published import EA11_METER, KEY

MADE = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
_CIPHER = Misty1(decoder_key(KEY, EA11_METER))
_CLASSES = (TokenClass.CREDIT, TokenClass.TEST, TokenClass.MANAGEMENT)


def check_digits(raw: bytes) -> None:
    """Whatever is typed is a token or refused, for the reader and for the meter's keypad."""
    for typed in (raw.decode("utf-8", "replace"), "".join(str(byte % 10) for byte in raw)):
        for cipher in (_CIPHER, None):
            with suppress(CodecError):
                read_token(typed, cipher)
        Meter(manufactured(KEY, EA11_METER, MADE)).enter(typed, MADE)


def check_data(raw: bytes) -> None:
    """Any 48 bits behind a right CRC are read, and written back where they have a meaning and are ours to write.

    One amount has two forms, since its sign stands apart: nothing. What is written then reads the same.
    """
    for token_class in _CLASSES:
        cipher = None if token_class is TokenClass.TEST else _CIPHER
        digits = seal(token_class, int.from_bytes(raw[:6], "big"), cipher)
        token = read_token(digits, cipher)
        try:
            written = _written(token, _CIPHER)
        except LocalError:
            assert isinstance(token, TestToken)  # another manufacturer's code is read, and not written by us
            continue
        assert written in (digits, None) or (_is_nothing(token) and read_token(written, cipher) == token)


def check_meter(raw: bytes) -> None:
    """No row of tokens under the meter's own key breaks the meter, or makes it remember more than it may."""
    meter, now = Meter(manufactured(KEY, EA11_METER, MADE, 5)), MADE
    for at in range(0, min(len(raw), 210), 7):
        token_class = _CLASSES[raw[at] % 3]
        data48 = int.from_bytes(raw[at + 1 : at + 7].ljust(6, b"\0"), "big")
        cipher = None if token_class is TokenClass.TEST else Misty1(meter.state.key)
        meter.enter(seal(token_class, data48, cipher), now)
        now += timedelta(minutes=raw[at] >> 2)
        assert len(meter.state.tids) == 5


def check_sections(raw: bytes) -> None:
    """Any set of sections makes a key change or a `CodecError`."""
    numbers = [int.from_bytes(raw[at : at + 6], "big") for at in range(0, len(raw), 6)]
    tokens = [read_token(seal(TokenClass.MANAGEMENT, number & (1 << 48) - 1, _CIPHER), _CIPHER) for number in numbers]
    sections = [
        token for token in tokens if isinstance(token, FirstSection | SecondSection | ThirdSection | FourthSection)
    ]
    for algorithm in Algorithm:
        with suppress(CodecError):
            assemble(sections, algorithm)


def _is_nothing(token: AnyToken) -> bool:
    return isinstance(token, CreditToken) and token.amount == 0


def _written(token: AnyToken, cipher: BlockCipher) -> str | None:
    """Return the digits of what was read; None where it has no meaning of its own."""
    match token:
        case CreditToken():
            return encode_credit(cipher, token.subclass, token.amount, token.tid, token.rnd or 0)
        case ManagementToken():
            return encode_management(cipher, token.subclass, token.value, token.tid, token.rnd)
        case TestToken():
            return encode_test(token)
        case Opened():
            return None
    return encode_section(cipher, token)


def typed() -> list[bytes]:
    """Return tokens as they are typed."""
    choices = [(token_class, number * 0x123456789ABC % (1 << 48)) for token_class in _CLASSES for number in range(8)]
    return [seal(each, number, None if each is TokenClass.TEST else _CIPHER).encode() for each, number in choices]


def data() -> list[bytes]:
    """Return the 48 bits of each subclass."""
    return [bytes((subclass << 4 | 5, 1, 0x4E, 0xEC, 0, 1)) for subclass in range(16)]


def rows() -> list[bytes]:
    """Return rows of tokens: credit, a whole key change, tests."""
    return [bytes((choice,)) + each for each in data() for choice in range(3)] + [
        b"".join(b"\x02" + bytes((subclass << 4 | 0xF, 0x32, 0, 0, 0, 1)) for subclass in (3, 4, 8, 9))
    ]
