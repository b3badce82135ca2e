"""Whether a message may leave the house, and how numbers behave that are only for tests (SPEC M-17)."""

from enum import StrEnum


class SendMode(StrEnum):
    """`live`: to whomever it is for. `trial`: to listed addresses only, so many a day. `test`: to nobody; the scripted
    numbers behave as they are told."""

    LIVE = "live"
    TRIAL = "trial"
    TEST = "test"
