"""The published vectors, and the meter most of them were made for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

from meters_io.sts.ciphers import Algorithm, BlockCipher, cipher_of
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.keys import Dkga, KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import MeterPan
from meters_io.sts.tid import BaseDate

_FILE = Path(__file__).parent.parent / "vectors" / "sts_vectors.json"

SECRET = bytes.fromhex("ABABABABABABABAB949494949494949401234567")
PAN = MeterPan("600727000000000009")
KEY = VendingKey(SECRET, "201457")
EA11_METER = MeterConfig(PAN)
EA07_METER = MeterConfig(PAN, ea=Algorithm.STA)


class PlainMeter(TypedDict):
    """A meter as the vector file describes it."""

    ea: int
    dkga: str
    vk: str
    pan: str
    kt: int
    sgc: str
    ti: str
    krn: int
    ken: int
    base_date: int


Inputs = TypedDict(  # a call, because "class" is the name of an input
    "Inputs",
    {
        # every input that some kind of vector has
        "class": int,
        "meter": PlainMeter,
        "old": PlainMeter,
        "new": PlainMeter,
        "ro": int,
        "kct3": int,
        "control": str,
        "mfr": int,
        "data44": str,
        "key": str,
        "plaintext": str,
        "data48": str,
        "currency": bool | str,
        "bytes": str,
        "units": int,
        "amount": str,
        "base_date": int,
        "issue": str,
        "vk": str,
        "ea": int,
        "ti": str,
        "sgc": str,
        "kt": int,
        "krn": int,
        "pan": str,
        "drn": str,
        "digits": str,
        "iin": str,
        "iain": str,
        "token": str,
        "subclass": int,
        "rnd": int,
        "field16": str,
    },
    total=False,
)


@dataclass(frozen=True)
class Recorded:
    """A cipher of which one pair of blocks is known: the licensed tables of some published tokens are not."""

    plain: int
    enciphered: int

    def encrypt(self, block: int) -> int:
        assert block == self.plain
        return self.enciphered

    def decrypt(self, block: int) -> int:
        assert block == self.enciphered
        return self.plain


def recorded(plain: int, digits: str) -> Recorded:
    """Return the cipher that made a published token out of its plain block."""
    number = int(digits)
    return Recorded(plain, number & ~(0b11 << 27) & (1 << 64) - 1 | number >> 64 << 27)


@dataclass(frozen=True)
class Vector:
    """One published vector."""

    id: str
    kind: str
    inputs: Inputs
    expected: Mapping[str, object]

    def hex(self, name: str) -> int:
        """Return an expected value written in hex."""
        return int(str(self.expected[name]), 16)


def vectors() -> list[Vector]:
    """Return all of them, in the order of the file."""
    raw = json.loads(_FILE.read_text())
    return [Vector(v["id"], v["kind"], cast(Inputs, v["inputs"]), v["expected"]) for v in raw]


def of_kind(kind: str) -> list[Vector]:
    """Return the vectors of one kind; there is at least one."""
    found = [vector for vector in vectors() if vector.kind == kind]
    assert found
    return found


def key_of(plain: PlainMeter) -> tuple[VendingKey, MeterConfig]:
    """Return the vending key and the meter that a vector describes."""
    key = VendingKey(
        bytes.fromhex(plain["vk"]),
        plain["sgc"],
        plain["krn"],
        KeyType(plain["kt"]),
        plain.get("ken", 255),
        BaseDate(plain.get("base_date", 1993)),
        Dkga(int(plain.get("dkga", "4"))),
    )
    return key, MeterConfig(MeterPan(plain["pan"]), int(plain["ti"]), Algorithm(plain["ea"]))


def cipher_for(plain: PlainMeter) -> BlockCipher:
    """Return the cipher of that meter under its decoder key; EA07 with the sample tables."""
    key, meter = key_of(plain)
    return cipher_of(meter.ea, decoder_key(key, meter), SAMPLE_TABLES)
