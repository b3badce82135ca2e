"""What residents mean by a text to us (SPEC N-12, M-8)."""

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum


class Understood(StrEnum):
    """`still_out`: an answer to "the supply is back". `acknowledged`: a responsible person has an event in hand."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    BALANCE = "balance"
    STILL_OUT = "still_out"
    ACKNOWLEDGED = "acknowledged"
    UNCLEAR = "unclear"


_STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "td", "t"})
_STOP_ZH = frozenset({"退订", "回复td", "退订td", "退订t", "停止", "取消", "不要再发", "别发了"})
_BALANCE = frozenset({"bal", "balance", "ye", "cx", "余额", "查询", "查余额", "余额查询", "查询余额", "电费", "查电费"})
_STILL_OUT = frozenset(
    {"out", "stillout", "0", "没电", "还没电", "停电", "无电", "没来电", "还没来电", "未来电", "仍停电"}
)
_WORDS: dict[Understood, frozenset[str]] = {
    Understood.STOP: _STOP | _STOP_ZH,
    Understood.START: frozenset({"start", "yes", "unstop", "恢复订阅", "恢复", "订阅", "开启", "恢复接收"}),
    Understood.HELP: frozenset({"help", "info", "bz", "帮助", "怎么用", "?"}),
    Understood.BALANCE: _BALANCE,
    Understood.STILL_OUT: _STILL_OUT,
    Understood.ACKNOWLEDGED: frozenset({"ok", "okay", "1", "收到", "已收到", "知道了", "好的"}),
}
# A word that leaves no doubt may be followed by others. "End of the month" and "cancel my bill" are no stop.
_FIRST: dict[str, Understood] = {
    "stop": Understood.STOP,
    "stopall": Understood.STOP,
    "unsubscribe": Understood.STOP,
    "bal": Understood.BALANCE,
    "balance": Understood.BALANCE,
    "help": Understood.HELP,
}
_WITHIN: dict[str, Understood] = {
    "退订": Understood.STOP,
    "没电": Understood.STILL_OUT,
    "没有电": Understood.STILL_OUT,
    "没来电": Understood.STILL_OUT,
    "stillout": Understood.STILL_OUT,
    "余额": Understood.BALANCE,
}
_LONGEST_SENTENCE = 40


def understand(body: str) -> Understood:
    """Say what a text means. Width of letters, case, spaces and punctuation do not matter.

    Whether "1" and "OK" answer anything, and "0" an outage, is for those to say who asked.
    """
    plain = unicodedata.normalize("NFKC", body).casefold()
    joined = _only(plain, _is_letter)
    for meaning, words in _WORDS.items():
        if joined in words:
            return meaning
    first = _only(plain.split()[0], _is_letter) if plain.split() else ""
    if first in _FIRST:
        return _FIRST[first]
    if len(joined) <= _LONGEST_SENTENCE:
        return next((meaning for word, meaning in _WITHIN.items() if word in joined), Understood.UNCLEAR)
    return Understood.UNCLEAR


def _only(text: str, wanted: Callable[[str], bool]) -> str:
    return "".join(letter for letter in text if wanted(letter))


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or letter == "?"


MOST_METERS = 3
"""A balance answer lists so many; more is a matter for the page."""
ANSWERS_A_DAY = 10
"""To one number; each is an SMS, and numbers are easily made up."""
HINTS_A_DAY = 1
"""How often somebody whom we did not understand is told what we do."""
STRANGERS_AN_HOUR = 60
"""Answers to all who are nobody's contact together: senders are forged, and each answer costs money."""
DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


def may_answer(asked: Understood, answers_today: int, hints_today: int) -> bool:
    """Is there an answer left for this number?"""
    if answers_today >= ANSWERS_A_DAY:
        return False
    return asked is not Understood.UNCLEAR or hints_today < HINTS_A_DAY


def language(body: str) -> str:
    """The language to answer a stranger in: that of the text."""
    return "zh" if any("\u4e00" <= letter <= "\u9fff" for letter in body) else "en"
