"""The kinds of STS vectors: each a function from what the vector gives to what we say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from meters_io.conformance.inputs import Inputs
from meters_io.conformance.shape import JsonObject
from meters_io.conformance.sts_fields import decode_fields
from meters_io.conformance.sts_meter import (
    Bench,
    base_date_of,
    clock_offset_of,
    config_of,
    key_type_of,
    pan_of,
    vending_key_of,
)
from meters_io.conformance.sts_tokens import amount_of, key_change, tid_of, token
from meters_io.conformance.sts_vending import vend
from meters_io.errors import LocalError, RemoteError
from meters_io.sts.amounts import decode_currency, decode_units, encode_currency, encode_units
from meters_io.sts.ciphers import BlockCipher, des, misty1, sta
from meters_io.sts.crc import currency_crc, plain_crc
from meters_io.sts.keys import control_block, decoder_key, dkga04_data, pan_block
from meters_io.sts.pan import MeterPan, luhn_digit, parse_meter_number
from meters_io.sts.tid import time_of
from meters_io.sts.token import TokenClass, as_hex, seal


def _des(said: Inputs, _: Bench) -> JsonObject:
    return {"ciphertext": f"{des.encrypt_block(said.raw('key'), said.field('plaintext', 64)):016X}"}


def _misty1(said: Inputs, _: Bench) -> JsonObject:
    return _block(misty1.Misty1(said.raw("key")), said)


def _block(cipher: BlockCipher, said: Inputs) -> JsonObject:
    """Encipher, or decipher where the vector gives the other side; and the 66 bits, where it gives a class."""
    if not said.has("plaintext"):
        return {"plaintext": f"{cipher.decrypt(said.field('ciphertext', 64)):016X}"}
    plain = said.field("plaintext", 64)
    block = cipher.encrypt(plain)
    if cipher.decrypt(block) != plain:
        raise LocalError("what was enciphered does not decipher again", code="cipher", field="plaintext")
    return {"ciphertext": f"{block:016X}"}


def _sta(tables: sta.StaTables, said: Inputs) -> JsonObject:
    found = _block(sta.Sta(said.raw("key"), tables), said)
    if not said.has("class") or "ciphertext" not in found:
        return found
    digits = seal(TokenClass(said.field("class", 2)), 0, _Enciphered(int(str(found["ciphertext"]), 16)))
    return {**found, "token66": as_hex(digits), "hex17": as_hex(digits), "token": digits}


@dataclass(frozen=True, slots=True)
class _Enciphered:
    """A block that is enciphered already: what is left to do is to put the class in."""

    block: int

    def encrypt(self, block: int) -> int:
        return self.block

    def decrypt(self, block: int) -> int:
        return block


def _crc(said: Inputs, _: Bench) -> JsonObject:
    covered = said.field("class", 2) << 48 | said.field("data48", 48)
    return {"crc": f"{_sum(covered, said):04X}"}


def _crc_bytes(said: Inputs, _: Bench) -> JsonObject:
    raw = said.raw("bytes")
    if len(raw) != 7:
        raise LocalError("a CRC covers 7 bytes", code="bad_entry", field="bytes")
    return {"crc": f"{_sum(int.from_bytes(raw, 'big'), said):04X}"}


def _sum(covered: int, said: Inputs) -> int:
    return currency_crc(covered) if said.flag("currency") else plain_crc(covered)


def _amount_field(said: Inputs, _: Bench) -> JsonObject:
    field = said.bits("field") if said.has("field") else encode_units(amount_of(Inputs({**_UNITS, **said.said})))
    units = decode_units(field)
    return {"field": f"{field:04X}", "field16": f"{field:04X}", "units": units, "decoded": units, "value": units}


def _currency_field(said: Inputs, _: Bench) -> JsonObject:
    asked = Inputs({**_MONEY, **said.said})
    field = said.bits("field") if said.has("field") else encode_currency(amount_of(asked))
    money = Decimal(decode_currency(field)).scaleb(-5)
    return {"field": f"{field:05X}", "field20": f"{field:05X}", "amount": money, "decoded": money, "currency": money}


def _tid(said: Inputs, _: Bench) -> JsonObject:
    tid = tid_of(said)
    moment = time_of(tid, base_date_of(said), clock_offset_of(said)).isoformat()
    return {"tid": f"{tid:06X}", "issue": moment, "time": moment, "ken": tid >> 16}


def _dkga04(said: Inputs, _: Bench) -> JsonObject:
    key, meter = vending_key_of(Inputs({**said.said, "dkga": 4})), config_of(said)
    return {"data_block": dkga04_data(key, meter).hex().upper(), "key": decoder_key(key, meter).hex().upper()}


def _dkga02(said: Inputs, _: Bench) -> JsonObject:
    said = Inputs({"ea": 7, **said.said, "dkga": 2})
    key, meter = vending_key_of(said), config_of(said)
    control = control_block(key, meter.ti)
    account = pan_block(meter.pan.iin, meter.pan.drn, key.kt)
    return {
        "key": decoder_key(key, meter).hex().upper(),
        "control_block": f"{control:016X}",
        "pan_block": f"{account:016X}",
        "x": f"{control ^ account:016X}",
    }


def _control_block(said: Inputs, _: Bench) -> JsonObject:
    key = vending_key_of(Inputs({"vk": "00" * 8, **said.said}))
    return {"block": f"{control_block(key, said.number('ti')):016X}"}


def _pan_block(said: Inputs, _: Bench) -> JsonObject:
    kt = key_type_of(said)
    if said.has("iain"):
        return {"block": f"{pan_block(said.digits('iin'), said.digits('iain'), kt):016X}"}
    pan = pan_of(said)
    return {"block": f"{pan_block(pan.iin, pan.drn, kt):016X}"}


def _luhn(said: Inputs, _: Bench) -> JsonObject:
    digit = luhn_digit(said.digits("digits"))
    return {"check": digit, "digit": digit}


def _number_valid(said: Inputs, _: Bench) -> JsonObject:
    """Whether a PAN or a DRN holds: its length, and its one or two check digits."""
    try:
        pan = MeterPan(said.text("pan")) if said.has("pan") else parse_meter_number(said.text("drn"))
    except RemoteError as error:
        if error.code in ("meter_number", "meter_check_digit"):
            return {"valid": False}
        raise
    return {"valid": True, "pan": pan.digits, "drn": pan.drn, "iin": pan.iin, "iain": pan.drn}


def _dec_hex(said: Inputs, _: Bench) -> JsonObject:
    if said.has("token"):
        digits = said.digits("token")
    else:
        name = next((each for each in ("hex17", "hex", "token66") if said.has(each)), "hex17")
        digits = f"{said.bits(name):020d}"
    return {"token": digits, "dec": digits, "hex17": as_hex(digits), "hex": as_hex(digits), "token66": as_hex(digits)}


_UNITS: JsonObject = {"subclass": 0}
_MONEY: JsonObject = {"subclass": 4}

Kind = Callable[[Inputs, Bench], JsonObject]

KINDS: Mapping[str, Kind] = {
    "des": _des,
    "misty1": _misty1,
    "sta_block": lambda said, bench: _sta(bench.tables, said),
    "sta_block_sample_tables": lambda said, _: _sta(sta.SAMPLE_TABLES, said),
    "crc": _crc,
    "crc_bytes": _crc_bytes,
    "amount_field": _amount_field,
    "currency_field": _currency_field,
    "tid": _tid,
    "dkga02": _dkga02,
    "dkga04": _dkga04,
    "luhn": _luhn,
    "pan_valid": _number_valid,
    "drn_valid": _number_valid,
    "control_block": _control_block,
    "pan_block": _pan_block,
    "dec_hex": _dec_hex,
    "token": token,
    "keychange": key_change,
    "decode_fields": decode_fields,
    "vend_reject": vend,
}
