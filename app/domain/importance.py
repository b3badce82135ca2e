"""Which message goes first when many wait (SPEC N-10)."""

from enum import IntEnum


class Importance(IntEnum):
    """The smaller the number, the sooner. What somebody waits for in the dark goes before everything.

    `code`: somebody sits before a page. `result`: money has arrived, or has not. `usual`: all other work of the outbox.
    `planning`: finding out, by the thousand, who is to be told.
    """

    CODE = 0
    RESULT = 10
    USUAL = 20
    PLANNING = 25
    LOW_BALANCE = 30
    OUTAGE = 40
    CAMPAIGN = 50
