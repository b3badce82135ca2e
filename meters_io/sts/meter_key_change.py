"""How a meter takes a new decoder key, section by section in any order (IEC 62055-41, 7.3 and 8)."""

from datetime import datetime

from meters_io.errors import RemoteError
from meters_io.sts.ciphers import Algorithm
from meters_io.sts.key_change import (
    FirstSection,
    FourthSection,
    KeyChange,
    SecondSection,
    Section,
    ThirdSection,
    assemble,
    missing_sections,
)
from meters_io.sts.key_types import may_follow
from meters_io.sts.meter_rules import MeterRules
from meters_io.sts.meter_state import MeterState, StagedSection
from meters_io.sts.results import Result, ResultCode

_GROUPS = 1_000_000


def take_section(section: Section, state: MeterState, rules: MeterRules, now: datetime) -> Result:
    """Keep a section that deciphered well, and change the key once the set is whole.

    While others are missing the result is FIRST_KCT after section 3 and SECOND_KCT after any other, with the
    subclasses still due. Nothing but the old key ties sections together: one of an older set that has not been
    forgotten yet is taken for one of this.
    """
    if state.ea is not Algorithm.MISTY1 and isinstance(section, FourthSection):
        return Result(ResultCode.FUNCTION_ERROR)
    if not _is_in_range(section, state.ea):
        return Result(ResultCode.RANGE_ERROR)
    _stage(section, state, rules, now)
    missing = missing_sections([staged.section for staged in state.sections], state.ea)
    if missing:
        code = ResultCode.FIRST_KCT if isinstance(section, FirstSection) else ResultCode.SECOND_KCT
        return Result(code, missing=missing)
    return Result(_completed(state, rules))


def _stage(section: Section, state: MeterState, rules: MeterRules, now: datetime) -> None:
    others = [
        staged
        for staged in state.sections
        if staged.section.subclass != section.subclass and now - staged.at < rules.section_patience
    ]
    state.sections = [*others, StagedSection(section, now)]


def _completed(state: MeterState, rules: MeterRules) -> ResultCode:
    sections, state.sections = [staged.section for staged in state.sections], []
    try:
        change = assemble(sections, state.ea)
    except RemoteError:
        return ResultCode.RANGE_ERROR
    if not may_follow(state.kt, change.kt, rules.key_type_changes):
        return ResultCode.KEY_TYPE_ERROR
    _adopt(change, state)
    return ResultCode.ACCEPT


def _adopt(change: KeyChange, state: MeterState) -> None:
    """Credit, limits and tamper state stay as they are."""
    state.key, state.ken, state.krn = change.key, change.ken, change.krn
    state.kt, state.ti = change.kt, change.ti
    if change.sgc is not None:
        state.sgc = change.sgc
    if change.rollover:
        state.tids = [0] * len(state.tids)


def _is_in_range(section: Section, ea: Algorithm) -> bool:
    """Tell whether the numbers of one section can be; the group of an EA11 set shows only when it is whole."""
    match section:
        case FirstSection(krn=krn):
            return 1 <= krn <= 9
        case SecondSection(ti=ti):
            return ti <= 99
        case ThirdSection():
            return ea is Algorithm.MISTY1 or section.sgc < _GROUPS
    return True
