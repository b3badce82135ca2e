"""What a token says, field by field, under the names of the vector files."""

from __future__ import annotations

from decimal import Decimal

from meters_io.conformance.inputs import Inputs
from meters_io.conformance.shape import Json, JsonObject
from meters_io.conformance.sts_meter import Bench, base_date_of, cipher_for, clock_offset_of, meter_of
from meters_io.conformance.sts_tokens import anatomy, faces
from meters_io.sts.anatomy import read_opened
from meters_io.sts.displays import TestToken, control_bits
from meters_io.sts.key_change import FirstSection, FourthSection, SecondSection, Section, ThirdSection
from meters_io.sts.management import Management, ManagementToken, extended_setting
from meters_io.sts.tid import time_of
from meters_io.sts.token import Opened, TokenClass, open_test, open_token, read_class
from meters_io.sts.transfer import Credit, CreditToken


def decode_fields(said: Inputs, bench: Bench) -> JsonObject:
    """Open the token of a vector with its meter's key, and return what is in it."""
    digits = digits_of_token(said)
    test = read_class(digits) is TokenClass.TEST
    opened = open_test(digits) if test else open_token(digits, cipher_for(meter_of(said), bench))
    return {**anatomy(opened), **faces(digits), "valid": True, "crc_ok": True, **_fields(opened, said)}


def digits_of_token(said: Inputs) -> str:
    """Return the 20 digits of a token, given so or as the 17 of its hex."""
    name = next((each for each in ("hex17", "hex", "token66") if said.has(each)), None)
    return said.digits("token") if name is None or said.has("token") else f"{said.field(name, 66):020d}"


def _fields(opened: Opened, said: Inputs) -> JsonObject:
    match read_opened(opened):
        case TestToken() as test:
            return _test(test)
        case CreditToken() as credit:
            return {**_identified(opened, said), **_credit(credit, opened)}
        case ManagementToken() as management:
            return {**_identified(opened, said), **_management(management, opened)}
        case Opened():
            return {}
        case section:
            return _section(section)


def _identified(opened: Opened, said: Inputs) -> JsonObject:
    """TID, RND and the 16 bits at the end; and the minute, where the vector tells the base date it counts from."""
    tid = opened.data48 >> 16 & 0xFFFFFF
    field = _field16(opened)
    found: JsonObject = {"tid": f"{tid:06X}", "rnd": opened.data48 >> 40 & 0xF, "field16": field, "field": field}
    dated = said if said.has("base_date") else meter_of(said)
    if not dated.has("base_date"):
        return found
    base = base_date_of(dated)
    moment = time_of(tid, base, clock_offset_of(said)).isoformat()
    return {**found, "issue": moment, "time": moment, "base_date": int(base)}


def _credit(token: CreditToken, opened: Opened) -> JsonObject:
    if token.subclass < Credit.ELECTRICITY_CURRENCY:
        return {"units": token.amount, "amount": Decimal(token.amount).scaleb(-1), "amount_field": _field16(opened)}
    money = Decimal(token.amount).scaleb(-5)
    field20 = f"{(opened.data48 >> 40 & 0xF) << 16 | opened.data48 & 0xFFFF:05X}"
    fields: JsonObject = {"field20": field20, "amount_field": field20}
    return {"rnd": None, "currency": money, "amount": money, "units": token.amount, **fields}


def _management(token: ManagementToken, opened: Opened) -> JsonObject:
    match token.subclass:
        case Management.MAXIMUM_POWER_LIMIT | Management.MAXIMUM_PHASE_UNBALANCE:
            return {
                **dict.fromkeys(("units", "amount", "value", "watts", "power", "limit"), token.value),
                "amount_field": _field16(opened),
            }
        case Management.EXTENDED_SET:
            return {"value": _field16(opened), **_setting(token.value)}
    return {**dict.fromkeys(("value", "register"), _field16(opened)), **dict.fromkeys(("rate", "factor"), token.value)}


def _setting(value: int) -> JsonObject:
    setting = extended_setting(value)
    flag, on = setting.flag or (None, None)
    named: JsonObject = {"flag": flag, "flag_index": flag, "flag_value": None if on is None else int(on)}
    return {"index": setting.index, "data": setting.data, **named}


def _test(token: TestToken) -> JsonObject:
    width = control_bits(token.subclass) // 4
    tests: list[Json] = [*token.tests]
    return {"control": f"{token.control:0{width}X}", **_maker(token), "tests": tests, "index": token.index}


def _maker(token: TestToken) -> JsonObject:
    return {"mfr": token.mfr, "mfr_code": token.mfr}


def _section(section: Section) -> JsonObject:
    match section:
        case FirstSection() as first:
            return {
                "ken_high": first.ken_high,
                "krn": first.krn,
                "ro": int(first.rollover),
                "rollover": int(first.rollover),
                "kct3": int(first.three_tokens),
                "3kct": int(first.three_tokens),
                "kt": first.kt,
                "nkho": f"{first.nkho:08X}",
            }
        case SecondSection() as second:
            return {"ken_low": second.ken_low, "ti": second.ti, "nklo": f"{second.nklo:08X}"}
        case ThirdSection() as third:
            low = f"{third.sgc_low:03X}"
            return {"sgc": f"{third.sgc:06d}", "sgc_low": low, "sgc_lo": low, "nkmo2": f"{third.nkmo2:08X}"}
        case FourthSection() as fourth:
            high = f"{fourth.sgc_high:03X}"
            return {"sgc_high": high, "sgc_hi": high, "nkmo1": f"{fourth.nkmo1:08X}"}


def _field16(opened: Opened) -> str:
    return f"{opened.data48 & 0xFFFF:04X}"
