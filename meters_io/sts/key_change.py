"""Class 2, subclasses 3, 4, 8 and 9: sets of tokens that carry a new decoder key (IEC 62055-41, 6.2.4 and 6.3).

    EA07   3 and 4; a third token, 8, where the meter shall learn its supply group as well
    EA11   3, 4, 8 and 9

All fields describe the new state, all tokens are enciphered under the old key, and no TID is in them. Nothing ties
the sections of a set together but that key: a section of an older set fits as well, and what comes out is a wrong key.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.ciphers import Algorithm, BlockCipher, ea09_refused
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.token import Opened, TokenClass, seal

_WORD = 0xFFFFFFFF
_SHORT_KEY, _LONG_KEY = 8, 16


@dataclass(frozen=True, slots=True)
class FirstSection:
    """Subclass 3: the high half of KEN, KRN, roll-over, whether a third token follows, KT, and NKHO (32 bits).

    Like the other sections it raises LocalError `section_range` where a number has more bits than its place.
    """

    subclass: ClassVar[int] = 3

    ken_high: int
    krn: int
    rollover: bool
    three_tokens: bool
    kt: int
    nkho: int = field(repr=False)

    def __post_init__(self) -> None:
        _require_bits(4, ken_high=self.ken_high, krn=self.krn)
        _require_bits(2, kt=self.kt)
        _require_bits(32, nkho=self.nkho)

    @property
    def data44(self) -> int:
        """The 44 bits behind the subclass."""
        flags = self.rollover << 3 | self.three_tokens << 2 | self.kt
        return self.ken_high << 40 | self.krn << 36 | flags << 32 | self.nkho


@dataclass(frozen=True, slots=True)
class SecondSection:
    """Subclass 4: the low half of KEN, TI as a binary number, and NKLO (32 bits)."""

    subclass: ClassVar[int] = 4

    ken_low: int
    ti: int
    nklo: int = field(repr=False)

    def __post_init__(self) -> None:
        _require_bits(4, ken_low=self.ken_low)
        _require_bits(8, ti=self.ti)
        _require_bits(32, nklo=self.nklo)

    @property
    def data44(self) -> int:
        """The 44 bits behind the subclass."""
        return self.ken_low << 40 | self.ti << 32 | self.nklo


@dataclass(frozen=True, slots=True)
class ThirdSection:
    """Subclass 8. EA07: the supply group code, nothing else. EA11: its low 12 bits, and NKMO2 (32 bits)."""

    subclass: ClassVar[int] = 8

    data44: int = field(repr=False)

    def __post_init__(self) -> None:
        _require_bits(44, data44=self.data44)

    @property
    def sgc(self) -> int:
        """The supply group code (24 bits) of an EA07 set."""
        return self.data44 >> 20

    @property
    def sgc_low(self) -> int:
        """Its low 12 bits in an EA11 set."""
        return self.data44 >> 32

    @property
    def nkmo2(self) -> int:
        """The second quarter of the key in an EA11 set; the third travels in the fourth token."""
        return self.data44 & _WORD


@dataclass(frozen=True, slots=True)
class FourthSection:
    """Subclass 9, EA11 only: the high 12 bits of the supply group code, and NKMO1 (32 bits)."""

    subclass: ClassVar[int] = 9

    sgc_high: int
    nkmo1: int = field(repr=False)

    def __post_init__(self) -> None:
        _require_bits(12, sgc_high=self.sgc_high)
        _require_bits(32, nkmo1=self.nkmo1)

    @property
    def data44(self) -> int:
        """The 44 bits behind the subclass."""
        return self.sgc_high << 32 | self.nkmo1


Section = FirstSection | SecondSection | ThirdSection | FourthSection


@dataclass(frozen=True, slots=True)
class KeyChange:
    """The state a meter shall have: a key of 8 bytes (EA07) or 16 (EA11) and its attributes.

    `sgc` six digits, or None in an EA07 set of two, which does not carry it. `rollover`: the new key counts TIDs from
    another base date, so the meter forgets those it remembers. `three_tokens`: the EA07 set that carries `sgc`.
    Raises LocalError: `key_length`, `ken`, `krn`, `ti`, `sgc`, `three_tokens`.
    """

    key: bytes = field(repr=False)
    ken: int = 255
    krn: int = 1
    kt: KeyType = KeyType.DUTK
    ti: int = 1
    sgc: str | None = None
    rollover: bool = False
    three_tokens: bool = False

    def __post_init__(self) -> None:
        if len(self.key) not in (_SHORT_KEY, _LONG_KEY):
            raise LocalError("a decoder key has 8 or 16 bytes", code="key_length", field="key")
        if not 0 <= self.ken <= 255:
            raise LocalError("a key expiry number is 0 to 255", code="ken", field="ken")
        if not 1 <= self.krn <= 9:
            raise LocalError("a key revision number is 1 to 9", code="krn", field="krn")
        if not 0 <= self.ti <= 99:
            raise LocalError("a tariff index is 0 to 99", code="ti", field="ti")
        self._check_group()

    def _check_group(self) -> None:
        if self.sgc is None and (self.three_tokens or len(self.key) == _LONG_KEY):
            raise LocalError("this set carries the supply group code", code="sgc", field="sgc")
        if self.sgc is not None and not (len(self.sgc) == 6 and self.sgc.isascii() and self.sgc.isdecimal()):
            raise LocalError("a supply group code has six digits", code="sgc", field="sgc")
        if self.three_tokens and len(self.key) == _LONG_KEY:
            raise LocalError("an EA11 set has always four tokens", code="three_tokens", field="three_tokens")

    @property
    def ea(self) -> Algorithm:
        """The cipher that takes a key of this length."""
        return Algorithm.STA if len(self.key) == _SHORT_KEY else Algorithm.MISTY1


def change_between(old: VendingKey, new: VendingKey, meter: MeterConfig, *, three_tokens: bool = False) -> KeyChange:
    """Return the change of a meter from the vending key `old` to `new`; `meter` is as it shall be then.

    It rolls over where the base date differs. Raises LocalError as `decoder_key` and `KeyChange` do.
    """
    return KeyChange(
        decoder_key(new, meter),
        ken=new.ken,
        krn=new.krn,
        kt=new.kt,
        ti=meter.ti,
        sgc=new.sgc,
        rollover=old.base_date is not new.base_date,
        three_tokens=three_tokens,
    )


def encode_key_change(old: BlockCipher, change: KeyChange) -> tuple[str, ...]:
    """Return the tokens of a set, 20 digits each, in the order of their sections: two, three or four.

    `old`: the meter's cipher under the key it has now. They may be typed in any order, all before the next credit.
    """
    return tuple(encode_section(old, section) for section in sections_of(change))


def encode_section(old: BlockCipher, section: Section) -> str:
    """Return the 20 digits of one section under the key the meter has now."""
    return seal(TokenClass.MANAGEMENT, section.subclass << 44 | section.data44, old)


def sections_of(change: KeyChange) -> tuple[Section, ...]:
    """Return what the tokens of a set carry."""
    words = [int.from_bytes(change.key[at : at + 4], "big") for at in range(0, len(change.key), 4)]
    first = FirstSection(change.ken >> 4, change.krn, change.rollover, change.three_tokens, int(change.kt), words[0])
    second = SecondSection(change.ken & 0xF, change.ti, words[-1])
    group = int(change.sgc or "0")
    if len(change.key) == _LONG_KEY:
        third = ThirdSection((group & 0xFFF) << 32 | words[1])
        return first, second, third, FourthSection(group >> 12, words[2])
    return (first, second, ThirdSection(group << 20)) if change.three_tokens else (first, second)


def read_section(opened: Opened) -> Section:
    """Split the data of an opened section. Raises RemoteError: `token_class`, `subclass` (not a key change)."""
    if opened.token_class is not TokenClass.MANAGEMENT:
        raise RemoteError("this is not a key change", code="token_class", field="class")
    data44 = opened.data48 & (1 << 44) - 1
    high, word = data44 >> 32, data44 & _WORD
    match opened.subclass:
        case 3:
            return FirstSection(high >> 8, high >> 4 & 0xF, bool(high >> 3 & 1), bool(high >> 2 & 1), high & 3, word)
        case 4:
            return SecondSection(high >> 8, high & 0xFF, word)
        case 8:
            return ThirdSection(data44)
        case 9:
            return FourthSection(high, word)
    raise RemoteError("this is not a section of a key change", code="subclass", field="subclass")


def missing_sections(sections: Iterable[Section], ea: Algorithm) -> tuple[int, ...]:
    """Return the subclasses that a set still lacks; an EA07 set says in section 3 that it has a third token.

    Raises LocalError `ea_refused` (EA09).
    """
    found = _by_subclass(sections)
    first = found.get(FirstSection.subclass)
    needed = (3, 4, 8) if isinstance(first, FirstSection) and first.three_tokens else (3, 4)
    if ea is Algorithm.DES:
        raise ea09_refused()
    return tuple(each for each in ((3, 4, 8, 9) if ea is Algorithm.MISTY1 else needed) if each not in found)


def assemble(sections: Iterable[Section], ea: Algorithm) -> KeyChange:
    """Return the change that the sections of a set make up; of two sections of one kind the later counts.

    Raises RemoteError: `sections_missing`; `krn`, `ti` or `sgc` where a number is none; LocalError `ea_refused`.
    """
    found = _by_subclass(sections)
    if missing := missing_sections(found.values(), ea):
        wanted = ", ".join(map(str, missing))
        raise RemoteError(f"sections are missing: {wanted}", code="sections_missing", field="sections")
    match [found.get(subclass) for subclass in (3, 4, 8, 9)]:
        case [FirstSection() as one, SecondSection() as two, ThirdSection() as three, FourthSection() as four] if (
            ea is Algorithm.MISTY1
        ):
            words = (one.nkho, three.nkmo2, four.nkmo1, two.nklo)
            return _assembled(replace(one, three_tokens=False), two, words, four.sgc_high << 12 | three.sgc_low)
        case [FirstSection(three_tokens=True) as one, SecondSection() as two, ThirdSection() as three, _]:
            return _assembled(one, two, (one.nkho, two.nklo), three.sgc)
        case [FirstSection() as one, SecondSection() as two, _, _]:
            return _assembled(one, two, (one.nkho, two.nklo), None)
    raise AssertionError("a complete set has its first two sections")


def _assembled(first: FirstSection, second: SecondSection, words: tuple[int, ...], group: int | None) -> KeyChange:
    try:
        return KeyChange(
            b"".join(word.to_bytes(4, "big") for word in words),
            ken=first.ken_high << 4 | second.ken_low,
            krn=first.krn,
            kt=KeyType(first.kt),
            ti=second.ti,
            sgc=None if group is None else f"{group:06d}",
            rollover=first.rollover,
            three_tokens=first.three_tokens,
        )
    except LocalError as error:  # the numbers are the far side's
        raise RemoteError(str(error), code=error.code, field=error.field) from None


def _require_bits(width: int, **numbers: int) -> None:
    for name, number in numbers.items():
        if number >> width:
            raise LocalError(f"{name} has {width} bits", code="section_range", field=name)


def _by_subclass(sections: Iterable[Section]) -> dict[int, Section]:
    return {section.subclass: section for section in sections}
