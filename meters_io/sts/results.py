"""What a meter answers to a token (IEC 62055-41, 7.1.4 and 7.1.5)."""

from dataclasses import dataclass
from enum import IntEnum

from meters_io.sts.management import ManagementToken
from meters_io.sts.meter_displays import Shown


class ResultCode(IntEnum):
    """What a meter answers, numbered as meters with a status register number it.

    FIRST_KCT and SECOND_KCT: a section of a key change was taken and others are waited for.
    """

    ACCEPT = 1
    FIRST_KCT = 2
    SECOND_KCT = 3
    OVERFLOW_ERROR = 4
    KEY_TYPE_ERROR = 5
    FORMAT_ERROR = 6
    RANGE_ERROR = 7
    FUNCTION_ERROR = 8
    OLD_ERROR = 9
    USED_ERROR = 10
    KEY_EXPIRED_ERROR = 11
    DDTK_ERROR = 12
    CRC_ERROR = 13
    MFR_CODE_ERROR = 14
    LOCKED_OUT = 15
    NOT_READY = 16


@dataclass(frozen=True, slots=True)
class Result:
    """The meter's answer, and what the token said where the meter could read it.

    `tid`: of a credit or management token. `amount`, `subclass`: what a credit token adds (or would have added), in
    the unit of its subclass. `managed`: a management token. `shown`: what a test token asked for. `missing`: the
    subclasses (3, 4, 8, 9) that a key change still waits for.
    """

    code: ResultCode
    tid: int | None = None
    amount: int | None = None
    subclass: int | None = None
    managed: ManagementToken | None = None
    shown: tuple[Shown, ...] = ()
    missing: tuple[int, ...] = ()
