"""The commands of the field: they read what was asked for, print, and return an exit code."""

from __future__ import annotations

import os
import secrets
import sys
from argparse import Namespace
from datetime import UTC, datetime
from getpass import getpass
from pathlib import Path

from app.fieldwork import frames, making, tokens
from app.fieldwork.arguments import KEY_VARIABLE, NEW_KEY_VARIABLE
from app.fieldwork.keys import Circumstances, Keys, keys_of
from app.fieldwork.sheet import Sheet
from meters_io.conformance.command import conform
from meters_io.conformance.shape import Family
from meters_io.errors import CodecError, LocalError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, StaTables, parse_tables
from meters_io.sts.key_change import KeyChange, encode_key_change
from meters_io.sts.keys import KeyType
from meters_io.sts.tid import BaseDate, next_free, tid_at

_MOST_BYTES = 1 << 20  # of hex on standard input


def conformance(asked: Namespace) -> int:
    """Run a file of vectors or frames."""
    return conform(Family(asked.family), asked.file, asked.sta_tables, _say)


def frame(asked: Namespace) -> int:
    """Take frames apart."""
    text = " ".join(asked.hex) if asked.hex else sys.stdin.read(_MOST_BYTES)
    sheet = Sheet(asked.secrets)
    try:
        good = frames.tell(frames.bytes_of(text), sheet)
    except frames.NotHexError as error:
        return _refuse("frame decode", error)
    _say(*sheet.lines)
    return 0 if good else 1


def token(asked: Namespace) -> int:
    """Read a token, or make one."""
    try:
        return _decode(asked) if asked.act == "decode" else _encode(asked)
    except CodecError as error:
        return _refuse(f"token {asked.act}", error)
    except OSError as error:
        return _refuse(f"token {asked.act}", f"{error.filename}: {error.strerror}")


def _decode(asked: Namespace) -> int:
    keys, sheet = _keys(asked), Sheet(asked.secrets)
    digits = "".join("".join(asked.digits).replace("-", " ").split())
    cipher = keys.cipher(_tables(asked)) if keys else None
    tokens.tell(digits, cipher, BaseDate(asked.base), sheet)
    _say(*sheet.lines)
    return 0


def _encode(asked: Namespace) -> int:
    if asked.what not in making.WISHES:
        raise LocalError(f"{asked.what!r} is none of {', '.join(making.WISHES)}", code="unknown_wish")
    base, sheet = BaseDate(asked.base), Sheet(asked.secrets)
    keys = None if asked.what in making.TESTS else _keys(asked)
    cipher = keys.cipher(_tables(asked)) if keys else None
    made = (
        _changed(asked, keys) if asked.what == making.KEY_CHANGE else making.make(_wish(asked), cipher, _stamp(asked))
    )
    for digits in made:
        tokens.tell(digits, cipher, base, sheet)
    _say(*sheet.lines)
    return 0


def _wish(asked: Namespace) -> making.Wish:
    return making.Wish(asked.what, asked.value, asked.currency)


def _stamp(asked: Namespace) -> making.Stamp:
    """The minute of issue, never the reserved one, and four random bits."""
    current = tid_at(_moment(asked.at), BaseDate(asked.base))
    return making.Stamp(next_free(current, None), secrets.randbelow(16))


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise LocalError(f"{text} is no time; write 2026-11-20T09:30", code="bad_time", field="at") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _changed(asked: Namespace, keys: Keys | None) -> tuple[str, ...]:
    if keys is None:
        raise LocalError("a key change takes the key that the meter has now", code="token_cipher", field="key")
    text = _secret(asked.new_key_file, NEW_KEY_VARIABLE, "New key (hex): " if asked.ask_key else "")
    if not text:
        raise LocalError("the new key is missing: --new-key-file, or --ask-key", code="key_length", field="new_key")
    around = _circumstances(asked, new=True)
    new = keys_of(text, around)
    if new.ea is not keys.ea:
        raise LocalError("a key change does not change the cipher", code="key_length", field="new_key")
    change = KeyChange(
        new.key,
        ken=around.ken,
        krn=around.krn,
        kt=KeyType(around.kt),
        ti=around.ti,
        sgc=around.sgc if around.sgc or keys.ea is Algorithm.MISTY1 else None,
        rollover=asked.to_base not in (None, asked.base),
        three_tokens=asked.three_tokens,
    )
    return encode_key_change(keys.cipher(_tables(asked)), change)


def _keys(asked: Namespace) -> Keys | None:
    text = _secret(asked.key_file, KEY_VARIABLE, "Key (hex): " if asked.ask_key else "")
    return keys_of(text, _circumstances(asked)) if text else None


def _circumstances(asked: Namespace, *, new: bool = False) -> Circumstances:
    found = {name: getattr(asked, name) for name in ("sgc", "krn", "ti", "kt", "ken", "base")}
    if new:
        found |= {name: each for name in found if (each := getattr(asked, f"to_{name}")) is not None}
    return Circumstances(meter=asked.meter, ea=asked.ea, **found)


def _secret(file: Path | None, variable: str, prompt: str) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8")
    return getpass(prompt) if prompt else os.environ.get(variable, "")


def _tables(asked: Namespace) -> StaTables | None:
    if asked.sta_tables is not None:
        return parse_tables(asked.sta_tables.read_text(encoding="utf-8"))
    return SAMPLE_TABLES if asked.sample_tables else None


def _refuse(command: str, why: object) -> int:
    sys.stderr.write(f"relight {command}: {why}\n")
    return 2


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
