"""What a metering point and an asset may be called in the utility's papers (SPEC B-1)."""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_CODE, LONGEST_NAME = 32, 60
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z./-]*")


class BadPaper(StrEnum):
    """What is wrong with a name in the papers."""

    CODE = "bad_code"
    NAME = "bad_name"
    ASSET = "bad_asset"
    CODE_TAKEN = "code_taken"
    ASSET_TAKEN = "asset_taken"


class PaperRefused(Exception):
    """A name cannot be written down. `code`: a `BadPaper`; `holder`: the number of the meter that has it already."""

    def __init__(self, code: BadPaper, holder: str = "") -> None:
        super().__init__(code.value)
        self.code, self.holder = code, holder


@dataclass(frozen=True, slots=True)
class Papers:
    """Code and name of a metering point, and the asset number of the meter there; empty: none."""

    code: str = ""
    name: str = ""
    asset: str = ""


def read(code: str, name: str, asset: str) -> Papers:
    """Take what somebody typed. Raises PaperRefused.

    A code or an asset number begins with a letter or a digit and has dots, slashes and hyphens after it at most: never
    a `%` or a comma, by which the search goes.
    """
    papers = Papers(code.strip(), " ".join(name.split()), asset.strip())
    for bad, text in ((BadPaper.CODE, papers.code), (BadPaper.ASSET, papers.asset)):
        if text and (len(text) > LONGEST_CODE or not _CODE.fullmatch(text)):
            raise PaperRefused(bad)
    if len(papers.name) > LONGEST_NAME or not papers.name.isprintable():
        raise PaperRefused(BadPaper.NAME)
    return papers
