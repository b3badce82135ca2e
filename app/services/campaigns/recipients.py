"""Reads a recipient file: CSV of numbers or addresses, as spreadsheets of every make and age write it (SPEC N-5).

A line that cannot be used is named with its number and what is wrong with it; the others do not suffer from it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.csv_files import NotText, number_of, rows_of, text_of
from app.i18n import Locale, locale_or_none
from app.models.account import ChannelName
from app.services.receipt_mail import MailError, read_mail
from app.services.sign_in import PhoneError, read_phone

MOST_LINES = 100_000
MOST_BYTES = 8 * 1024 * 1024
_LONGEST_CELL = 300
_SHOWN = 60
_CHINESE_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")  # the usual case, known without asking the library
_COLUMNS = {
    "meter": "meter", "meter_number": "meter", "meter no.": "meter",
    "电表": "meter", "表号": "meter", "电表号": "meter",
    "account": "account", "account_number": "account", "account no.": "account", "户号": "account", "账户": "account",
    "channel": "channel", "medium": "channel", "渠道": "channel", "方式": "channel",
    "address": "address", "phone": "address", "mail": "address", "email": "address", "地址": "address",
    "手机": "address", "手机号": "address", "电话": "address", "邮箱": "address",
    "locale": "locale", "language": "locale", "语言": "locale",
}  # fmt: skip
_CHANNELS = {
    "": ChannelName.SMS, "sms": ChannelName.SMS, "短信": ChannelName.SMS,
    "voice": ChannelName.VOICE, "电话": ChannelName.VOICE, "语音": ChannelName.VOICE,
    "email": ChannelName.EMAIL, "mail": ChannelName.EMAIL, "邮件": ChannelName.EMAIL, "邮箱": ChannelName.EMAIL,
}  # fmt: skip
_LANGUAGES = {"": Locale.ZH, "中文": Locale.ZH, "英文": Locale.EN, "zh-cn": Locale.ZH, "cn": Locale.ZH}


class FileTrouble(StrEnum):
    """Why a file as a whole cannot be read."""

    EMPTY = "file_empty"
    TOO_LARGE = "file_too_large"
    TOO_MANY = "file_too_many"
    NOT_TEXT = "file_not_text"
    NO_COLUMNS = "file_no_columns"


class LineFault(StrEnum):
    """What is wrong with one line. The last three are only seen beside what we know, or the lines before."""

    NO_RECIPIENT = "line_no_recipient"
    NUMBER_BAD = "line_number_bad"
    CHANNEL_UNKNOWN = "line_channel_unknown"
    PHONE_BAD = "line_phone_bad"
    MAIL_BAD = "line_mail_bad"
    LANGUAGE_UNKNOWN = "line_language_unknown"
    TOO_LONG = "line_too_long"
    QUOTES = "line_quotes"
    DUPLICATE = "line_duplicate"
    METER_UNKNOWN = "line_meter_unknown"
    ACCOUNT_UNKNOWN = "line_account_unknown"


class FileRefused(ValueError):
    """A file that cannot be read at all."""

    def __init__(self, trouble: FileTrouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that cannot be used; `value` is the beginning of what stood there."""

    line: int
    code: LineFault
    value: str = ""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line that names a meter or an account by its number."""

    line: int
    number: str


@dataclass(frozen=True, slots=True)
class Addressed:
    """A line that names an address."""

    line: int
    channel: ChannelName
    address: str
    locale: Locale


@dataclass(slots=True)
class Recipients:
    """What a file holds. Lines count from 1, the line of the column names included."""

    meters: list[Numbered] = field(default_factory=list)
    accounts: list[Numbered] = field(default_factory=list)
    addresses: list[Addressed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    seen: dict[tuple[str, ...], int] = field(default_factory=dict)


def read(data: bytes, country: str) -> Recipients:
    """Read a whole file. Raises FileRefused. Takes seconds for the longest: not to be called on the event loop."""
    if len(data) > MOST_BYTES:
        raise FileRefused(FileTrouble.TOO_LARGE)
    found = Recipients()
    rows = _rows(_text(data), found)
    columns = _columns(rows)
    for line, cells in rows:
        if len(found.seen) + len(found.faults) >= MOST_LINES:
            raise FileRefused(FileTrouble.TOO_MANY)
        if not any(cell.strip() for cell in cells):
            continue  # an empty line says nothing, as spreadsheets leave them at the end
        _take(found, line, {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}, country)
    return found


def _text(data: bytes) -> str:
    if not data.strip():
        raise FileRefused(FileTrouble.EMPTY)
    try:
        return text_of(data)
    except NotText:
        raise FileRefused(FileTrouble.NOT_TEXT) from None


def _rows(text: str, found: Recipients) -> Iterator[tuple[int, list[str]]]:
    for line, cells in rows_of(text):
        if cells is None:
            found.faults.append(Fault(line, LineFault.QUOTES))
        else:
            yield line, cells


def _columns(rows: Iterator[tuple[int, list[str]]]) -> dict[str, int]:
    """Where each column stands. Raises FileRefused where none of them names somebody."""
    _, head = next(rows, (1, []))
    found: dict[str, int] = {}
    for at, cell in enumerate(head):
        name = _COLUMNS.get(cell.strip().casefold())
        if name is not None:
            found.setdefault(name, at)
    if not found.keys() & {"meter", "account", "address"}:
        raise FileRefused(FileTrouble.NO_COLUMNS)
    return found


def _take(found: Recipients, line: int, cells: Mapping[str, str], country: str) -> None:
    """Put one line where it belongs: the meter goes before the account, and a number before an address."""
    long = next((cell for cell in cells.values() if len(cell) > _LONGEST_CELL), "")
    try:
        if long:
            raise _Broken(LineFault.TOO_LONG, long)
        for name, kept in (("meter", found.meters), ("account", found.accounts)):
            if cells.get(name):
                number = _number(cells[name])
                _once(found, line, (name, number))
                kept.append(Numbered(line, number))
                return
        found.addresses.append(_addressed(found, line, cells, country))
    except _Broken as broken:
        found.faults.append(Fault(line, broken.code, broken.value[:_SHOWN]))


class _Broken(Exception):
    def __init__(self, code: LineFault, value: str = "") -> None:
        super().__init__(code)
        self.code, self.value = code, value


def _number(typed: str) -> str:
    number = number_of(typed)
    if number is None:
        raise _Broken(LineFault.NUMBER_BAD, typed)
    return number


def _once(found: Recipients, line: int, what: tuple[str, ...]) -> None:
    first = found.seen.setdefault(what, line)
    if first != line:
        raise _Broken(LineFault.DUPLICATE, str(first))


def _addressed(found: Recipients, line: int, cells: Mapping[str, str], country: str) -> Addressed:
    typed = cells.get("address", "")
    if not typed:
        raise _Broken(LineFault.NO_RECIPIENT)
    channel = _channel(cells.get("channel", ""), typed)
    locale = _language(cells.get("locale", ""))
    address = _mail(typed) if channel is ChannelName.EMAIL else _phone(typed, country)
    _once(found, line, (channel, address))
    return Addressed(line, channel, address, locale)


def _channel(typed: str, address: str) -> ChannelName:
    if not typed:
        return ChannelName.EMAIL if "@" in address else ChannelName.SMS
    channel = _CHANNELS.get(typed.casefold())
    if channel is None:
        raise _Broken(LineFault.CHANNEL_UNKNOWN, typed)
    return channel


def _language(typed: str) -> Locale:
    locale = _LANGUAGES.get(typed.casefold()) or locale_or_none(typed.casefold())
    if locale is None:
        raise _Broken(LineFault.LANGUAGE_UNKNOWN, typed)
    return locale


def _phone(typed: str, country: str) -> str:
    plain = typed.strip("'\"= \t").replace(" ", "").replace("-", "")
    usual = _CHINESE_MOBILE.fullmatch(plain) if country == "CN" else None
    if usual is not None:
        return f"+86{usual[1]}"
    try:
        return read_phone(plain, country)
    except PhoneError:
        raise _Broken(LineFault.PHONE_BAD, typed) from None


def _mail(typed: str) -> str:
    try:
        return read_mail(typed)
    except MailError:
        raise _Broken(LineFault.MAIL_BAD, typed) from None
