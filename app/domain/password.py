"""What a password must be (OWASP ASVS 4.0.3, 2.1): long, not the person's own name, none that everybody tries first.

No rule about kinds of characters, none about changing it every so often (2.1.9, 2.1.10).
"""

import re
from collections.abc import Iterable
from string import digits, punctuation

SHORTEST, LONGEST = 12, 256
_SIGNS = digits + punctuation
_FEWEST_DIFFERENT = 5
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "01234567890123456789",
)
_WORDS = (
    *(
        "password",
        "passwort",
        "letmein",
        "welcome",
        "administrator",
        "admin",
        "root",
        "test",
        "guest",
        "login",
        "secret",
    ),
    *("master", "changeme", "default", "iloveyou", "princess", "dragon", "monkey", "football", "baseball", "sunshine"),
    *(
        "shadow",
        "superman",
        "batman",
        "michael",
        "jordan",
        "trustno",
        "qwerty",
        "qwertz",
        "azerty",
        "asdf",
        "zxcv",
        "abc",
    ),
    *(
        "woaini",
        "mima",
        "denglu",
        "guanli",
        "zhongguo",
        "dianli",
        "electricity",
        "relight",
        "utility",
        "summer",
        "winter",
    ),
    *("spring", "autumn", "hello", "whatever", "starwars", "freedom", "computer", "internet", "samsung", "google"),
    *("facebook", "wechat", "weixin", "user", "pass", "temp", "money", "love", "china", "beijing", "shanghai"),
)
_LEET = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"})


def trouble(password: str, login: str, name: str) -> str | None:
    """Why a password will not do: password_short, password_long, password_own, password_common; None: it will."""
    if len(password) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    if _is_made_of(password, (login, *re.split(r"[._-]", login), *name.split())):
        return "password_own"
    return "password_common" if _is_common(password) else None


def _is_common(password: str) -> bool:
    """A word of the first guesses with digits around it, a run along the keyboard, or the same few characters."""
    folded = password.casefold()
    if len(set(folded)) < _FEWEST_DIFFERENT or _is_run(folded):
        return True
    core = folded.strip(_SIGNS).translate(_LEET)
    return _is_made_of(folded, _WORDS) or _is_made_of(core, _WORDS)


def _is_made_of(password: str, words: Iterable[str]) -> bool:
    """Are a few of the words, with digits and signs between them, all there is?"""
    rest = password.casefold()
    found = False
    for word in sorted({word.casefold() for word in words if len(word) > 2}, key=len, reverse=True):
        found = found or word in rest
        rest = rest.replace(word, "")
    return found and not any(c.isalpha() for c in rest)


def _is_run(folded: str) -> bool:
    """Is it put together from runs of four or more along a keyboard row or the alphabet, either way?"""
    at = 0
    while at < len(folded):
        length = max((_run_at(folded, at, way) for run in _RUNS for way in (run, run[::-1])), default=0)
        if length < 4:
            return False
        at += length
    return True


def _run_at(folded: str, at: int, run: str) -> int:
    length = 0
    while at + length < len(folded) and folded[at : at + length + 1] in run:
        length += 1
    return length
