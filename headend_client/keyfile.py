"""The key file of the software security module: JSON under a passphrase.

    {"version": 1, "kdf": {"name": "scrypt", "n", "r", "p", "salt"}, "nonce", "sealed"}     binary fields in base64

The passphrase becomes a key by scrypt (RFC 7914); AES-256-GCM seals the keys and vouches for the version and kdf.
"""

import hmac
import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from headend_client.errors import KeyFileError
from meters_io.sts.ciphers import Algorithm, des
from meters_io.sts.keys import Dkga, KeyType, VendingKey
from meters_io.sts.tid import BaseDate

_VERSION = 1
_R, _P = 8, 1
COST = 1 << 16  # 64 MiB for a moment; a file may ask for up to the limit
_COST_LIMIT = 1 << 20
_SIZE_LIMIT = 1 << 20
_LEAST_PASSPHRASE = 12


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What came with a vending key (STS 600-4-2). Times are aware; None: no limit.

    Nothing is issued before `active_from` and after `issue_until`, but that a key past its time may still protect the
    change to the next one. `most_units`, `most_currency`: the largest credit of one token, in 0.1 kWh ... and in
    1/100000 of the currency. `kcv`: its check value as its maker wrote it; empty: ours is shown.
    """

    active_from: datetime | None = None
    issue_until: datetime | None = None
    most_units: int | None = None
    most_currency: int | None = None
    kcv: str = ""

    def __post_init__(self) -> None:
        if any(at is not None and at.tzinfo is None for at in (self.active_from, self.issue_until)):
            raise KeyFileError("the times of a vending key need their offset from UTC: 2026-01-01T00:00:00Z")


@dataclass(frozen=True, slots=True)
class Keys:
    """What the module holds. `esam_master`: 16 bytes or more; `relay_password`: PA, P0, P1, P2. None: not held.

    `terms`: by supply group and revision; a key that is not in it has no limits.
    """

    esam_master: bytes | None = field(default=None, repr=False)
    relay_password: bytes | None = field(default=None, repr=False)
    vending: tuple[VendingKey, ...] = ()
    terms: Mapping[tuple[str, int], KeyTerms] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.esam_master is not None and len(self.esam_master) < 16:
            raise KeyFileError("an ESAM master key has 16 bytes or more")
        if self.relay_password is not None and len(self.relay_password) != 4:
            raise KeyFileError("a relay password is PA, P0, P1, P2: 4 bytes")
        if len({(key.sgc, key.krn) for key in self.vending}) != len(self.vending):
            raise KeyFileError("two vending keys share a supply group code and revision")

    def find(self, sgc: str, krn: int) -> VendingKey | None:
        """Return the vending key of a supply group and key revision."""
        return next((key for key in self.vending if (key.sgc, key.krn) == (sgc, krn)), None)

    def terms_of(self, key: VendingKey) -> KeyTerms:
        """Return what came with one of the keys."""
        return self.terms.get((key.sgc, key.krn), KeyTerms())

    def kcv_of(self, key: VendingKey) -> str:
        """Return the check value of one of the keys, six hex digits: its maker's, or else ours."""
        return self.terms_of(key).kcv or check_value(key)


def check_value(key: VendingKey) -> str:
    """Return six hex digits by which people tell two keys apart: zeros under the key, its first three bytes.

    So it is usual for DES keys; how the key management centre does it for 160-bit keys is not public.
    """
    if key.dkga is Dkga.DKGA02:
        return f"{des.encrypt_block(key.secret, 0) >> 40:06X}"
    return hmac.digest(key.secret, bytes(8), "sha256")[:3].hex().upper()


class _Kdf(TypedDict):
    name: str
    n: int
    r: int
    p: int
    salt: str


class _Sealed(TypedDict):
    version: int
    kdf: _Kdf
    nonce: str
    sealed: str


class _PlainVending(TypedDict):
    """`secret` in hex, times in ISO 8601. What may be left out: KT 2, KEN 255, base date 2014, DKGA 4, all limits.

    `ea` stands in older files; which cipher a meter has is asked of the meter.
    """

    sgc: str
    krn: int
    secret: str
    kt: NotRequired[int]
    ken: NotRequired[int]
    base_year: NotRequired[int]
    ea: NotRequired[int]
    dkga: NotRequired[int]
    active_from: NotRequired[str]
    issue_until: NotRequired[str]
    most_units: NotRequired[int]
    most_currency: NotRequired[int]
    kcv: NotRequired[str]


class _Plain(TypedDict):
    """Keys in hex; any of the three may be left out."""

    esam_master: NotRequired[str | None]
    relay_password: NotRequired[str | None]
    vending: NotRequired[list[_PlainVending]]


def read_keys(text: str) -> Keys:
    """Read keys as people write them down, JSON with hex figures:

    {"esam_master": "..", "relay_password": "02......",
     "vending": [{"sgc": "201457", "krn": 1, "kt": 2, "ken": 255, "base_year": 2014, "secret": "..",
                  "active_from": "2026-01-01T00:00:00Z", "issue_until": "..", "most_units": 50000,
                  "most_currency": 100000000, "kcv": "A1B2C3"}]}

    Raises KeyFileError, which names the kind of mistake and repeats nothing of the text.
    """
    try:
        return _from_plain(cast(_Plain, json.loads(text)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KeyFileError(f"these are no keys ({type(error).__name__}): JSON with hex figures is due") from None


def write_key_file(path: Path, passphrase: str, keys: Keys, *, cost: int = COST) -> None:
    """Write `keys` sealed, for the owner's eyes only; the file is replaced whole or not at all.

    `cost`: scrypt's n, a power of two. Raises KeyFileError (short passphrase), OSError.
    """
    if len(passphrase) < _LEAST_PASSPHRASE:
        raise KeyFileError(f"a passphrase of {_LEAST_PASSPHRASE} characters or more is needed: RELIGHT_KEY_PASSPHRASE")
    kdf = _Kdf(name="scrypt", n=cost, r=_R, p=_P, salt=_text(secrets.token_bytes(16)))
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(_key(passphrase, kdf)).encrypt(nonce, json.dumps(_to_plain(keys)).encode(), _header(kdf))
    whole = _Sealed(version=_VERSION, kdf=kdf, nonce=_text(nonce), sealed=_text(sealed))
    _replace(path, json.dumps(whole, indent=1).encode() + b"\n")


def open_key_file(path: Path, passphrase: str) -> Keys:
    """Return the keys of a file. Raises KeyFileError, which says what is wrong and which setting to look at.

    Takes a good part of a second and of 100 MB: not for an event loop.
    """
    whole = _load(path)
    try:
        kdf, nonce, sealed = whole["kdf"], b64decode(whole["nonce"]), b64decode(whole["sealed"])
        _check_kdf(kdf)
        plain = AESGCM(_key(passphrase, kdf)).decrypt(nonce, sealed, _header(kdf))
        return _from_plain(cast(_Plain, json.loads(plain)))
    except InvalidTag:
        raise KeyFileError(
            f"the key file {path} does not open with this passphrase: check RELIGHT_KEY_PASSPHRASE"
            " (or RELIGHT_KEY_FILE, if it names another installation's file)"
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise KeyFileError(f"the key file {path} is damaged ({type(error).__name__}): check RELIGHT_KEY_FILE") from None


def _load(path: Path) -> _Sealed:
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise KeyFileError(f"{path} is too large to be a key file: check RELIGHT_KEY_FILE")
        whole: object = json.loads(path.read_bytes())
    except OSError as error:
        raise KeyFileError(f"the key file {path} cannot be read ({error.strerror}): check RELIGHT_KEY_FILE") from None
    except ValueError:
        raise KeyFileError(f"{path} is not a key file: check RELIGHT_KEY_FILE") from None
    if not isinstance(whole, dict) or whole.get("version") != _VERSION:
        raise KeyFileError(f"{path} is not a key file of version {_VERSION}: check RELIGHT_KEY_FILE")
    return cast(_Sealed, whole)


def _check_kdf(kdf: _Kdf) -> None:
    """A file does not get to ask for any amount of memory."""
    if kdf["name"] != "scrypt" or (kdf["r"], kdf["p"]) != (_R, _P) or not 2 <= kdf["n"] <= _COST_LIMIT:
        raise ValueError("kdf")


def _key(passphrase: str, kdf: _Kdf) -> bytes:
    return Scrypt(salt=b64decode(kdf["salt"]), length=32, n=kdf["n"], r=kdf["r"], p=kdf["p"]).derive(
        passphrase.encode()
    )


def _header(kdf: _Kdf) -> bytes:
    return json.dumps([_VERSION, kdf["name"], kdf["n"], kdf["r"], kdf["p"], kdf["salt"]]).encode()


def _to_plain(keys: Keys) -> _Plain:
    return _Plain(
        esam_master=keys.esam_master.hex() if keys.esam_master else None,
        relay_password=keys.relay_password.hex() if keys.relay_password else None,
        vending=[_vending_to_plain(key, keys.terms_of(key)) for key in keys.vending],
    )


def _from_plain(plain: _Plain) -> Keys:
    master, password = plain.get("esam_master"), plain.get("relay_password")
    vending = [_vending_from_plain(key) for key in plain.get("vending", [])]
    return Keys(
        esam_master=bytes.fromhex(master) if master else None,
        relay_password=bytes.fromhex(password) if password else None,
        vending=tuple(key for key, _ in vending),
        terms={(key.sgc, key.krn): terms for key, terms in vending if terms != KeyTerms()},
    )


def _vending_to_plain(key: VendingKey, terms: KeyTerms) -> _PlainVending:
    plain = _PlainVending(
        sgc=key.sgc,
        krn=key.krn,
        kt=int(key.kt),
        ken=key.ken,
        base_year=int(key.base_date),
        dkga=int(key.dkga),
        secret=key.secret.hex(),
    )
    if terms.active_from is not None:
        plain["active_from"] = terms.active_from.isoformat()
    if terms.issue_until is not None:
        plain["issue_until"] = terms.issue_until.isoformat()
    if terms.most_units is not None:
        plain["most_units"] = terms.most_units
    if terms.most_currency is not None:
        plain["most_currency"] = terms.most_currency
    if terms.kcv:
        plain["kcv"] = terms.kcv
    return plain


def _vending_from_plain(plain: _PlainVending) -> tuple[VendingKey, KeyTerms]:
    if plain.get("ea", Algorithm.MISTY1) not in (Algorithm.STA, Algorithm.MISTY1):
        raise ValueError("ea")
    key = VendingKey(
        bytes.fromhex(plain["secret"]),
        plain["sgc"],
        plain["krn"],
        KeyType(plain.get("kt", KeyType.DUTK)),
        plain.get("ken", 255),
        BaseDate(plain.get("base_year", BaseDate.Y2014)),
        Dkga(plain.get("dkga", Dkga.DKGA04)),
    )
    terms = KeyTerms(
        _time(plain.get("active_from")),
        _time(plain.get("issue_until")),
        _limit(plain.get("most_units")),
        _limit(plain.get("most_currency")),
        _kcv(plain.get("kcv", "")),
    )
    return key, terms


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _limit(figure: int | None) -> int | None:
    if figure is not None and (type(figure) is not int or figure < 0):
        raise ValueError("limit")
    return figure


def _kcv(text: str) -> str:
    if text and (len(text) != 6 or not all(char in "0123456789ABCDEF" for char in text.upper())):
        raise ValueError("kcv")
    return text.upper()


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last: a new file whose folder was not synced can be gone after a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
