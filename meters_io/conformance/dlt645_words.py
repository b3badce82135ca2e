"""The words of the files about DL/T 645, and the numbers they stand for."""

from __future__ import annotations

from collections.abc import Mapping

from meters_io.conformance.glosses import glossary
from meters_io.dlt645.refusals import ERR_WORDS, RELAY_WORDS, SERR_WORDS
from meters_io.dlt645.relay import RelayAction

# Which control codes a kind of the files stands for; what they do not take apart they call "other".
KINDS: Mapping[str, frozenset[int]] = {
    "time": frozenset({0x08}),
    "read": frozenset({0x11}),
    "follow": frozenset({0x12}),
    "address": frozenset({0x13, 0x93}),
    "data": frozenset({0x91, 0xB1}),
    "data-follow": frozenset({0x92, 0xB2}),
    "write": frozenset({0x14}),
    "relay": frozenset({0x1C}),
    "security": frozenset({0x03}),
    "security-ok": frozenset({0x83}),
    "serr": frozenset({0xC3}),
    "ok": frozenset(code for code in range(0x94, 0x9E)),
    "err": frozenset(code for code in range(0xD1, 0xDE)),
}
NEVER_TAKEN_APART = frozenset({0x01, 0x16, 0x81})  # the published files call these "other" and nothing else
ERR = glossary(
    (1, 2),
    ERR_WORDS,
    RELAY_WORDS,
    {
        0: "other",
        1: ("no data", "no such data", "no requested data"),
        2: ("password/unauthorised", "password", "unauthorised", "password/unauthorized", "not authorised"),
        3: ("baud", "baud rate", "baud not changeable"),
        4: ("year zones", "too many year zones"),
        5: ("day periods", "too many day periods"),
        6: ("tariffs", "too many tariffs"),
        7: "reserved",
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
        7: ("address error", "address", "file address"),
        8: "hung",
        15: ("MAC/password setting", "MAC or password setting", "setting"),
    },
)
ORDERS = glossary(
    (0x1A, 0x1B, 0x1C, 0x2A, 0x2B, 0x3A, 0x3B),
    {action: action.name for action in RelayAction},
    {
        0x1A: "trip",
        0x1B: ("allow close", "close allowed"),
        0x1C: ("direct close", "close"),
        0x1D: ("trip and close", "auto-restore trip", "timed trip"),
        0x1E: ("trip and close", "auto-restore trip", "timed trip"),
        0x2A: "alarm on",
        0x2B: "alarm off",
        0x3A: ("keep power", "keep power on"),
        0x3B: "keep power off",
    },
)
