"""CSV as spreadsheets of every make and age write it: its text, its rows with their lines, and numbers in its cells."""

import csv
import io
import re
from collections.abc import Iterator

_NUMBER = re.compile(r"[0-9]{4,20}")


class NotText(ValueError):
    """Bytes that are no text in any of the encodings that spreadsheets write."""


def text_of(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or GB 18030. Raises NotText."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NotText


def rows_of(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Rows, and the line each begins on, from 1; None for one whose quotes do not close: the rest is inside them."""
    head = text[:2000].split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, None
            if reader.line_num + 1 == line:
                return


def number_of(typed: str) -> str | None:
    """A number without what spreadsheets put around it: spaces, a quote, an equals sign. None: it is no number."""
    number = typed.strip("'\"= \t").replace(" ", "").replace("-", "")
    return number if number.isascii() and _NUMBER.fullmatch(number) else None
