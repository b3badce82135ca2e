"""The kinds of STS vectors: each a function from what the vector gives to what we say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from meters_io.conformance.inputs import Inputs
from meters_io.conformance.shape import JsonObject
from meters_io.conformance.sts_fields import decode_fields, digits_of_token
from meters_io.conformance.sts_meter import (
    Bench,
    base_date_of,
    clock_offset_of,
    config_of,
    key_type_of,
    pan_of,
    vending_key_of,
)
from meters_io.conformance.sts_tokens import amount_of, faces, key_change, tid_of, token
from meters_io.conformance.sts_vending import vend
from meters_io.errors import LocalError, RemoteError
from meters_io.sts.amounts import decode_currency, decode_units, encode_currency, encode_units
from meters_io.sts.ciphers import BlockCipher, des, misty1, sta
from meters_io.sts.crc import crc_over, currency_crc, plain_crc
from meters_io.sts.keys import control_block, decoder_key, dkga04_data, pan_block
from meters_io.sts.pan import MeterPan, luhn_digit, parse_meter_number
from meters_io.sts.tid import time_of
from meters_io.sts.token import read_class, with_class


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
    return {**found, **faces(with_class(said.field("class", 2), int(str(found["ciphertext"]), 16)))}


def _crc(said: Inputs, _: Bench) -> JsonObject:
    data48 = said.field("data48", 48)
    covered = said.field("class", 2) << 48 | data48
    crc = currency_crc(covered) if said.flag("currency") else plain_crc(covered)
    return {"crc": f"{crc:04X}", "block": f"{data48 << 16 | crc:016X}"}


def _crc_bytes(said: Inputs, _: Bench) -> JsonObject:
    tail = b"\x01" if said.flag("currency") else b""
    return {"crc": f"{crc_over(said.raw('bytes') + tail):04X}"}


def _amount_field(said: Inputs, _: Bench) -> JsonObject:
    field = said.bits("field") if said.has("field") else encode_units(amount_of(Inputs({**_UNITS, **said.said})))
    units = decode_units(field)
    return {"field": f"{field:04X}", "field16": f"{field:04X}", "units": units, "decoded": units, "value": units}


def _currency_field(said: Inputs, _: Bench) -> JsonObject:
    asked = Inputs({**_MONEY, **said.said})
    field = said.bits("field") if said.has("field") else encode_currency(amount_of(asked))
    money = Decimal(decode_currency(field)).scaleb(-5)
    return {"field": f"{field:05X}", "field20": f"{field:05X}", "amount": money, "decoded": money, "currency": money}


def _token(said: Inputs, bench: Bench) -> JsonObject:
    """Build a token, and say of it whatever can be read in it again: the TID it took, what its amount became."""
    built = token(said, bench)
    return {**decode_fields(Inputs({**said.said, "token": built["token"]}), bench), **built}


def _tid(said: Inputs, _: Bench) -> JsonObject:
    tid = tid_of(said)
    moment = time_of(tid, base_date_of(said), clock_offset_of(said)).isoformat()
    return {"tid": f"{tid:06X}", "issue": moment, "time": moment, "ken": tid >> 16}


def _dkga04(said: Inputs, _: Bench) -> JsonObject:
    key, meter = vending_key_of(Inputs({**said.said, "dkga": 4})), config_of(said)
    return {"data_block": dkga04_data(key, meter).hex(), **_keys(decoder_key(key, meter))}


def _keys(key: bytes) -> JsonObject:
    return dict.fromkeys(("key", "decoder_key", "dk"), key.hex().upper())


def _dkga02(said: Inputs, _: Bench) -> JsonObject:
    said = Inputs({"ea": 7, **said.said, "dkga": 2})
    key, meter = vending_key_of(said), config_of(said)
    control = control_block(key, meter.ti)
    account = pan_block(meter.pan.iin, meter.pan.drn, key.kt)
    return {
        **_keys(decoder_key(key, meter)),
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
    digits = digits_of_token(said)
    return {**faces(digits), "class": int(read_class(digits))}


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
    "token": _token,
    "keychange": key_change,
    "decode_fields": decode_fields,
    "vend_reject": vend,
}
