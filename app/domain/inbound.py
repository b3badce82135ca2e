"""What residents mean by a text to us (SPEC N-12, M-8)."""

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
