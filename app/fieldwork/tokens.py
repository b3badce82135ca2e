"""What a token says, field by field."""

from __future__ import annotations

from decimal import Decimal

from app.fieldwork.sheet import HIDDEN, Sheet, grouped
from meters_io.errors import RemoteError
from meters_io.sts.anatomy import AnyToken, read_token
from meters_io.sts.ciphers import BlockCipher
from meters_io.sts.displays import MeterTest, TestToken
from meters_io.sts.key_change import FirstSection, FourthSection, SecondSection, Section, ThirdSection
from meters_io.sts.management import Flag, Management, ManagementToken, cleared_registers, extended_setting
from meters_io.sts.tid import BaseDate, is_reserved, time_of
from meters_io.sts.token import Opened, TokenClass, as_hex, read_class
from meters_io.sts.transfer import Credit, CreditToken

UNITS = {Credit.ELECTRICITY: "kWh", Credit.WATER: "m3", Credit.GAS: "m3", Credit.TIME: "min"}
_CLASSES = {
    TokenClass.CREDIT: "credit",
    TokenClass.TEST: "test or display, for any meter, not enciphered",
    TokenClass.MANAGEMENT: "management of one meter",
    TokenClass.RESERVED: "reserved: no meter takes it",
}
_SECTIONS = {3: "first", 4: "second", 8: "third", 9: "fourth"}


def tell(digits: str, cipher: BlockCipher | None, base: BaseDate, sheet: Sheet) -> None:
    """Write down a token; without a cipher what shows without one. Raises RemoteError for what is no token."""
    token_class = read_class(digits)
    sheet.title(f"token {grouped(digits)}")
    inside = sheet.under()
    inside.row("hex", as_hex(digits))
    inside.row("class", int(token_class), _CLASSES[token_class])
    if token_class is TokenClass.RESERVED:
        return
    if cipher is None and token_class is not TokenClass.TEST:
        inside.title("the rest is enciphered; give the meter's key to read it (--ask-key, --key-file)")
        return
    _tell_token(inside, read_token(digits, cipher), base)


def amount(subclass: int, steps: int) -> str:
    """Return the amount of a credit token with its unit."""
    if subclass >= Credit.ELECTRICITY_CURRENCY:
        return f"{Decimal(steps).scaleb(-5):f} of the currency"
    return f"{Decimal(steps).scaleb(-1):f} {UNITS[Credit(subclass)]}"


def words_of(number: Credit | Management | MeterTest | Flag) -> str:
    """Return what a number of the standard is called."""
    return number.name.lower().replace("_", " ")


def _tell_token(sheet: Sheet, token: AnyToken, base: BaseDate) -> None:
    match token:
        case CreditToken():
            sheet.row("subclass", token.subclass, words_of(Credit(token.subclass)))
            sheet.row("amount", amount(token.subclass, token.amount))
            _tell_tid(sheet, token.tid, token.rnd, base)
        case ManagementToken():
            _tell_management(sheet, token)
            _tell_tid(sheet, token.tid, token.rnd, base)
        case TestToken():
            _tell_test(sheet, token)
        case Opened():
            sheet.row("subclass", token.subclass, "reserved")
            sheet.row("data", f"{token.data48:012X}")
        case _:
            _tell_section(sheet, token)


def _tell_tid(sheet: Sheet, tid: int, rnd: int | None, base: BaseDate) -> None:
    special = ", the reserved minute: issued deliberately" if is_reserved(tid) else ""
    issued = f"{time_of(tid, base):%Y-%m-%d %H:%M}, counted from {int(base)}{special}"
    sheet.row("token identifier", f"{tid:06X}", issued)
    sheet.row("key expiry", f"needs a key with KEN {tid >> 16} or more")
    if rnd is not None:
        sheet.row("random bits", f"{rnd:X}")


def _tell_management(sheet: Sheet, token: ManagementToken) -> None:
    sheet.row("subclass", token.subclass, words_of(Management(token.subclass)))
    match token.subclass:
        case Management.MAXIMUM_POWER_LIMIT | Management.MAXIMUM_PHASE_UNBALANCE:
            sheet.row("value", f"{token.value} W")
        case Management.CLEAR_CREDIT:
            sheet.row("value", f"{token.value:04X}", _registers(token.value))
        case Management.EXTENDED_SET:
            _tell_setting(sheet, token.value)
        case _:
            sheet.row("value", f"{token.value:04X}", str(token.value))


def _registers(value: int) -> str:
    try:
        return ", ".join(map(words_of, cleared_registers(value)))
    except RemoteError as error:
        return str(error)


def _tell_setting(sheet: Sheet, value: int) -> None:
    setting = extended_setting(value)
    sheet.row("index", setting.index)
    if setting.flag is None:
        sheet.row("data", setting.data)
        return
    flag, on = setting.flag
    sheet.row("flag", flag, words_of(Flag(flag)) if flag in tuple(Flag) else "")
    sheet.row("becomes", "on" if on else "off")


def _tell_test(sheet: Sheet, token: TestToken) -> None:
    meaning = {0: "for 2-digit manufacturers", 1: "for 4-digit manufacturers", 2: "extended read"}
    sheet.row("subclass", token.subclass, meaning.get(token.subclass, "a manufacturer's own"))
    sheet.row("control", f"{token.control:X}")
    sheet.row("manufacturer", token.mfr, "all" if not token.mfr else "")
    if token.index is not None:
        sheet.row("index", token.index)
        return
    if token.subclass in (0, 1):
        named = [words_of(MeterTest(test)) if test in tuple(MeterTest) else f"test {test}" for test in token.tests]
        sheet.row("tests", ", ".join(named) or "none")


def _tell_section(sheet: Sheet, section: Section) -> None:
    sheet.row("subclass", section.subclass, f"{_SECTIONS[section.subclass]} section of a key change")
    match section:
        case FirstSection():
            sheet.row("KEN, high half", section.ken_high)
            sheet.row("KRN", section.krn)
            sheet.row("roll-over", "yes: the meter forgets its token identifiers" if section.rollover else "no")
            sheet.row("third token follows", "yes" if section.three_tokens else "no")
            sheet.row("KT", section.kt)
            _tell_key(sheet, section.nkho)
        case SecondSection():
            sheet.row("KEN, low half", section.ken_low)
            sheet.row("TI", f"{section.ti:02d}")
            _tell_key(sheet, section.nklo)
        case ThirdSection():
            sheet.row("EA07: SGC", f"{section.sgc:06d}")
            sheet.row("EA11: SGC, low 12 bits", f"{section.sgc_low:03X}")
            _tell_key(sheet, section.nkmo2)
        case FourthSection():
            sheet.row("SGC, high 12 bits", f"{section.sgc_high:03X}")
            _tell_key(sheet, section.nkmo1)


def _tell_key(sheet: Sheet, word: int) -> None:
    sheet.row("part of the new key", f"{word:08X}" if sheet.secrets else HIDDEN)
