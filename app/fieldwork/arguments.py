"""The three commands of the field: their options and their help. Nothing of the codecs is imported until one runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from meters_io.conformance import options

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]

KEY_VARIABLE = "RELIGHT_TOKEN_KEY"
NEW_KEY_VARIABLE = "RELIGHT_TOKEN_NEW_KEY"

_FRAME = """Say which protocol a frame is, and print every field with its meaning.

DL/T 645-2007 and Q/GDW 1376.1 are told apart by their bytes. A meter's frame that a concentrator carries is taken
apart inside it. Of a frame that is broken it says what is wrong, where, and what can be read all the same.
Passwords, MACs, ciphers, random numbers and tokens are hidden, unless --secrets is given."""
_FRAME_EXAMPLES = """examples:
  relight frame decode 68 61 10 01 30 12 15 68 11 04 33 33 34 33 7B 16
  relight frame decode 683200320068C900023412000271000001008516
  relight frame decode --secrets < capture.txt

The hex may be grouped by spaces, dashes, colons or lines. Exit code: 0 all of it is good frames, 1 something is not,
2 it is no hex."""
_TOKEN = """Read a token of 20 digits, or make one.

Without a key a token shows its class, and a test token all of its fields. Credit, management and key change tokens
take the meter's key. It never stands on the command line, where others can read it: it is hex in a file (--key-file),
in the environment (RELIGHT_TOKEN_KEY), or typed at a prompt (--ask-key). 16 or 32 hex digits are a decoder key (EA07,
EA11). With --meter and --sgc the key is a vending key: 40 digits (DKGA04), or 16 (DKGA02).

EA07 takes the operator's tables (--sta-tables); the published samples serve tests (--sample-tables)."""
_DECODE_EXAMPLES = """examples:
  relight token decode 5649 3153 7254 5031 3471
  relight token decode 58625789986991357486 --ask-key
  relight token decode 58625789986991357486 --key-file vk.txt --meter 00000000000 --sgc 201457"""
_ENCODE_EXAMPLES = """what, and its value:
  electricity 12.5     kWh; water and gas in m3, time in minutes; --currency for money
  power-limit 5000     W; phase-unbalance likewise
  clear-credit all     or electricity, water, gas, time
  clear-tamper
  flag 0=on            of the extended set
  test 0               no key; 0 does everything; two tokens, for two kinds of meter
  read-setting 63      no key
  key-change           with the new key: --new-key-file, RELIGHT_TOKEN_NEW_KEY, or --ask-key asks for both

examples:
  relight token encode test 1
  relight token encode electricity 12.5 --ask-key
  relight token encode key-change --key-file dk.txt --new-key-file dk2.txt --to-krn 2 --sgc 201457

The office does not know of tokens made here: they are in no journal, and two of one minute are one to the meter."""


def add_commands(add: Add, conformance: Command, token: Command, frame: Command) -> None:
    """Add the three commands to the parser of `relight`."""
    options.add_arguments(add("conformance", conformance, "Run published vectors or frames against the codecs."))
    frames = add("frame", frame, "Take a frame of a meter or a concentrator apart.")
    decode = _only(frames, "decode", _FRAME, _FRAME_EXAMPLES)
    decode.add_argument("hex", nargs="*", metavar="HEX", help="the bytes; from standard input if none are given")
    decode.add_argument("--secrets", action="store_true", help="show passwords, MACs, ciphers and tokens")
    _add_token(add("token", token, "Read a prepayment token, or make one."))


def _add_token(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="decode|encode")
    decode = acts.add_parser("decode", allow_abbrev=False, help="say what a token says")
    _explain(decode, _TOKEN, _DECODE_EXAMPLES)
    decode.add_argument("digits", nargs="+", metavar="DIGITS", help="the token, in groups or not")
    encode = acts.add_parser("encode", allow_abbrev=False, help="make a token")
    _explain(encode, _TOKEN, _ENCODE_EXAMPLES)
    encode.add_argument("what", metavar="WHAT", help="what the token shall do; see below")
    encode.add_argument("value", nargs="?", default="", metavar="VALUE", help="how much, or which")
    encode.add_argument("--currency", action="store_true", help="the amount is money, not units")
    encode.add_argument("--at", metavar="TIME", help="time of issue, 2026-11-20T09:30, UTC unless it names a zone")
    _add_new(encode.add_argument_group("the new key of a key-change"))
    for each in (decode, encode):
        _add_key(each.add_argument_group("the meter's key"))
        each.add_argument("--secrets", action="store_true", help="show the parts of a new key")


def _add_key(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--key-file", type=Path, metavar="FILE", help="the key in hex")
    group.add_argument("--ask-key", action="store_true", help="ask for the key at a prompt")
    group.add_argument("--meter", default="", help="meter number (DRN or PAN): the key is a vending key")
    group.add_argument("--sgc", default="", help="supply group code")
    group.add_argument("--krn", type=int, default=1, help="key revision number (%(default)s)")
    group.add_argument("--ti", type=int, default=1, help="tariff index (%(default)s)")
    group.add_argument("--kt", type=int, default=2, choices=(1, 2, 3), help="key type (%(default)s)")
    group.add_argument("--ken", type=int, default=255, help="key expiry number (%(default)s, never)")
    group.add_argument("--base", type=int, default=2014, choices=(1993, 2014, 2035), help="base date (%(default)s)")
    group.add_argument("--ea", type=int, default=11, choices=(7, 11), help="the meter's cipher (%(default)s)")
    group.add_argument("--sta-tables", type=Path, metavar="FILE", help="the operator's EA07 tables, JSON")
    group.add_argument("--sample-tables", action="store_true", help="the published EA07 tables, for tests")


def _add_new(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--new-key-file", type=Path, metavar="FILE", help="the new key in hex")
    for name in ("krn", "ti", "kt", "ken", "base"):
        group.add_argument(f"--to-{name}", type=int, help="as it shall be; if not given, as it is")
    group.add_argument("--to-sgc", help="as it shall be; if not given, as it is")
    group.add_argument("--three-tokens", action="store_true", help="EA07: a third token that tells the SGC")


def _only(parser: argparse.ArgumentParser, name: str, about: str, examples: str) -> argparse.ArgumentParser:
    made = parser.add_subparsers(dest="act", required=True, metavar=name).add_parser(name, help=about.splitlines()[0])
    _explain(made, about, examples)
    return made


def _explain(parser: argparse.ArgumentParser, about: str, examples: str) -> None:
    parser.description, parser.epilog = about, examples
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
