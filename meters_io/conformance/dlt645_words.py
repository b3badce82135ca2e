"""The words of the files about DL/T 645, and the numbers they stand for."""

from __future__ import annotations

from collections.abc import Mapping

from meters_io.conformance.glosses import glossary
from meters_io.dlt645.refusals import ERR_WORDS, RELAY_WORDS, SERR_WORDS
from meters_io.dlt645.relay import EXECUTED_WORDS, RelayAction

_CONTROLS = range(256)
_NO_PLAIN_YES = frozenset({0x81, 0x83, 0x91, 0x92, 0x93, 0xA1, 0xB1, 0xB2})
_SERR_ONLY = frozenset({0xC3})
# Which control codes a kind of the files stands for; what they do not take apart they call "other".
KINDS: Mapping[str, frozenset[int]] = {
    "time": frozenset({0x08}),
    "read": frozenset({0x11}),
    "follow": frozenset({0x12}),
    "address": frozenset({0x13, 0x93, 0x15}),
    "data": frozenset({0x91, 0xB1}),
    "data-follow": frozenset({0x92, 0xB2}),
    "write": frozenset({0x14}),
    "freeze": frozenset({0x16}),
    "baud": frozenset({0x17, 0x97}),
    "password": frozenset({0x18, 0x98}),
    "clear": frozenset({0x19, 0x1A, 0x1B}),
    "relay": frozenset({0x1C}),
    "output": frozenset({0x1D, 0x9D}),
    "security": frozenset({0x03}),
    "security-ok": frozenset({0x83}),
    "serr": frozenset({0xC3}),
    "ok": frozenset(code for code in _CONTROLS if code & 0xC0 == 0x80) - _NO_PLAIN_YES,
    "err": frozenset(code for code in _CONTROLS if code & 0xC0 == 0xC0) - _SERR_ONLY,
}
# For these the published files have a word, or call them "other" and nothing else.
SETTLED = frozenset(
    bytes.fromhex("01 03 08 11 12 13 14 16 1C 81 83 91 92 93 94 9C B1 B2 C3 D1 D2 D4 DC"),
)
ERR = glossary(
    (1, 2),
    ERR_WORDS,
    {
        0: "other",
        1: ("no data", "no such data", "no requested data"),
        2: ("password/unauthorised", "password", "unauthorised", "password/unauthorized", "not authorised"),
        3: ("baud", "baud rate", "baud not changeable", "baud rate not changeable"),
        4: ("year zones", "too many year zones"),
        5: ("day periods", "too many day periods"),
        6: ("tariffs", "too many tariffs"),
        7: "reserved",
    },
)
# A refused order to the relay may answer two bytes, an order that was taken what it did.
RELAY_ERR = glossary(
    (),
    RELAY_WORDS,
    {
        0: "hung",
        1: "MAC",
        2: "password",
        3: ("authentication expired", "authentication", "identity auth"),
        4: ("expiry invalid", "expiry"),
        5: ("trip refused", "keep power", "trip refused (keep power)"),
        6: "auto-restore refused",
        7: ("bad delay", "delay"),
        8: "already tripped",
    },
)
EXECUTED = glossary(
    (),
    EXECUTED_WORDS,
    {
        0: "direct close",
        1: "allow close",
        2: ("direct trip", "trip"),
        3: "delayed trip",
        4: "auto-restore trip",
        5: "delayed by high current",
        8: ("keep", "keep power"),
        9: ("keep off", "keep power off"),
        10: ("alarm", "alarm on"),
        11: "alarm off",
    },
)
SERR = glossary(
    (1, 2, 3, 4, 5, 6, 8),
    SERR_WORDS,
    {
        0: "other",
        1: "duplicate recharge",
        2: ("ESAM verify", "ESAM verification", "MAC"),
        3: ("identity auth", "identity authentication", "authentication"),
        4: ("customer number", "customer"),
        5: ("purchase count", "count"),
        6: ("over hoard limit", "hoard limit"),
        7: ("address error", "address", "file address", "file offset"),
        8: "hung",
        15: ("MAC/password setting", "MAC or password setting", "MAC or password setting error", "setting"),
    },
)
ORDERS = glossary(
    (0x1A, 0x1B, 0x1C, 0x2A, 0x2B, 0x3A, 0x3B),
    {action: action.name for action in RelayAction},
    {
        0x1A: "trip",
        0x1B: ("allow close", "close allowed"),
        0x1C: ("direct close", "close"),
        0x1D: ("trip and close", "trip and close again", "auto-restore trip", "timed trip"),
        0x1E: ("trip and close", "trip and close again", "auto-restore trip", "timed trip"),
        0x2A: "alarm on",
        0x2B: "alarm off",
        0x3A: ("keep power", "keep power on"),
        0x3B: "keep power off",
    },
)
