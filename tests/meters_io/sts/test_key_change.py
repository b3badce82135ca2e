"""Key change sets: two, three or four tokens that make up a key again, in any order."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.ciphers import Algorithm, BlockCipher
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import SAMPLE_TABLES, Sta
from meters_io.sts.key_change import (
    FirstSection,
    FourthSection,
    KeyChange,
    SecondSection,
    Section,
    ThirdSection,
    assemble,
    change_between,
    encode_key_change,
    encode_section,
    missing_sections,
    read_section,
    sections_of,
)
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.tid import BaseDate
from meters_io.sts.token import Opened, TokenClass, open_token
from tests.meters_io.sts.published import EA07_METER, EA11_METER, KEY, PAN, SECRET

OLD_EA11 = Misty1(decoder_key(KEY, EA11_METER))
OLD_EA07 = Sta(decoder_key(KEY, EA07_METER), SAMPLE_TABLES)
CIPHERS: dict[Algorithm, BlockCipher] = {Algorithm.MISTY1: OLD_EA11, Algorithm.STA: OLD_EA07}
SHORT, LONG = bytes(range(8)), bytes(range(16))
GROUPS = st.integers(0, 999_999).map(lambda code: f"{code:06d}")


@st.composite
def changes(draw: st.DrawFn) -> KeyChange:
    """Sets of every size; a set of two does not carry the supply group."""
    size = draw(st.sampled_from([8, 16]))
    three = size == 8 and draw(st.booleans())
    return KeyChange(
        draw(st.binary(min_size=size, max_size=size)),
        ken=draw(st.integers(0, 255)),
        krn=draw(st.integers(1, 9)),
        kt=draw(st.sampled_from(KeyType)),
        ti=draw(st.integers(0, 99)),
        sgc=draw(GROUPS) if three or size == 16 else None,
        rollover=draw(st.booleans()),
        three_tokens=three,
    )


@given(changes(), st.permutations(range(4)))
def test_a_set_makes_up_its_change_whatever_the_order(change: KeyChange, order: list[int]) -> None:
    old = CIPHERS[change.ea]
    tokens = encode_key_change(old, change)
    assert len(tokens) == (4 if change.ea is Algorithm.MISTY1 else 3 if change.three_tokens else 2)
    typed = [tokens[place] for place in order if place < len(tokens)]
    assert assemble([read_section(open_token(digits, old)) for digits in typed], change.ea) == change


@given(st.sampled_from([3, 4, 8, 9]), st.integers(0, (1 << 44) - 1))
def test_whatever_opens_as_a_section_is_written_back(subclass: int, data44: int) -> None:
    section = read_section(Opened(TokenClass.MANAGEMENT, subclass << 44 | data44))
    assert (section.subclass, section.data44) == (subclass, data44)
    assert open_token(encode_section(OLD_EA11, section), OLD_EA11).data48 == subclass << 44 | data44


@given(st.lists(st.tuples(st.sampled_from([3, 4, 8, 9]), st.integers(0, (1 << 44) - 1)), max_size=6), st.booleans())
def test_any_sections_make_up_a_change_or_are_refused(parts: list[tuple[int, int]], long: bool) -> None:
    ea = Algorithm.MISTY1 if long else Algorithm.STA
    sections = [read_section(Opened(TokenClass.MANAGEMENT, subclass << 44 | data)) for subclass, data in parts]
    try:
        change = assemble(sections, ea)
    except RemoteError as refusal:
        assert refusal.code in {"sections_missing", "krn", "ti", "sgc"}
        return
    assert change.ea is ea
    assert not missing_sections(sections, ea)


@pytest.mark.parametrize(
    ("change", "subclasses"),
    [
        (KeyChange(SHORT), (3, 4)),
        (KeyChange(SHORT, sgc="201457", three_tokens=True), (3, 4, 8)),
        (KeyChange(LONG, sgc="201457"), (3, 4, 8, 9)),
    ],
)
def test_a_set_lacks_what_has_not_come(change: KeyChange, subclasses: tuple[int, ...]) -> None:
    sections = sections_of(change)
    assert tuple(section.subclass for section in sections) == subclasses
    for size in range(1, len(sections)):
        for some in combinations(sections, size):
            here = {section.subclass for section in some}
            said = subclasses if change.ea is Algorithm.MISTY1 or 3 in here else (3, 4)
            assert missing_sections(some, change.ea) == tuple(each for each in said if each not in here)
            with pytest.raises(RemoteError) as refusal:
                assemble(some, change.ea)
            assert (refusal.value.code, refusal.value.field) == ("sections_missing", "sections")


def test_a_second_section_of_one_kind_takes_the_place_of_the_first() -> None:
    change, later = KeyChange(SHORT, ti=1), KeyChange(SHORT, ti=2)
    assert assemble([*sections_of(change), sections_of(later)[1]], Algorithm.STA) == later


def test_a_section_of_an_older_set_fits_and_makes_another_key() -> None:
    older, newer = KeyChange(SHORT), KeyChange(SHORT[::-1])
    mixed = assemble([sections_of(older)[0], sections_of(newer)[1]], Algorithm.STA)
    assert mixed.key == SHORT[:4] + SHORT[::-1][4:]


def test_a_set_of_two_does_not_say_the_supply_group() -> None:
    change = KeyChange(SHORT, sgc="201457")
    assert assemble(sections_of(change), Algorithm.STA) == replace(change, sgc=None)


def test_the_middle_words_of_a_long_key_travel_in_the_third_and_fourth_token() -> None:
    first, second, third, fourth = sections_of(KeyChange(LONG, sgc="203557"))
    assert isinstance(first, FirstSection)
    assert isinstance(second, SecondSection)
    assert isinstance(third, ThirdSection)
    assert isinstance(fourth, FourthSection)
    words = (first.nkho, third.nkmo2, fourth.nkmo1, second.nklo)
    assert words == (0x00010203, 0x04050607, 0x08090A0B, 0x0C0D0E0F)
    assert (fourth.sgc_high << 12 | third.sgc_low) == 203557


def test_the_third_token_of_a_short_key_is_the_supply_group_alone() -> None:
    third = sections_of(KeyChange(SHORT, sgc="201457", three_tokens=True))[2]
    assert third == ThirdSection(0x0312F100000)
    assert isinstance(third, ThirdSection)
    assert third.sgc == 201457


@pytest.mark.parametrize(
    ("new", "rollover"),
    [
        (VendingKey(SECRET, "201457", krn=2), False),
        (VendingKey(SECRET, "201457", base_date=BaseDate.Y2035), True),
    ],
)
def test_only_another_base_date_rolls_over(new: VendingKey, *, rollover: bool) -> None:
    change = change_between(KEY, new, EA11_METER)
    assert change.rollover is rollover
    assert change.key == decoder_key(new, EA11_METER)


def test_a_change_describes_the_new_state() -> None:
    new = VendingKey(SECRET, "203557", 7, KeyType.DDTK, 85)
    assert change_between(KEY, new, MeterConfig(PAN, 42)) == KeyChange(
        decoder_key(new, MeterConfig(PAN, 42)), 85, 7, KeyType.DDTK, 42, "203557"
    )


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: KeyChange(bytes(12), sgc="201457"), "key"),
        (lambda: KeyChange(LONG, ken=256, sgc="201457"), "ken"),
        (lambda: KeyChange(LONG, ken=-1, sgc="201457"), "ken"),
        (lambda: KeyChange(LONG, krn=0, sgc="201457"), "krn"),
        (lambda: KeyChange(LONG, krn=10, sgc="201457"), "krn"),
        (lambda: KeyChange(LONG, ti=100, sgc="201457"), "ti"),
        (lambda: KeyChange(LONG, ti=-1, sgc="201457"), "ti"),
        (lambda: KeyChange(LONG, sgc="20145"), "sgc"),
        (lambda: KeyChange(SHORT, sgc="20145x"), "sgc"),
        (lambda: KeyChange(LONG), "sgc"),
        (lambda: KeyChange(SHORT, three_tokens=True), "sgc"),
        (lambda: KeyChange(LONG, sgc="201457", three_tokens=True), "three_tokens"),
    ],
)
def test_a_change_that_no_set_can_carry_is_refused(make: Callable[[], KeyChange], field: str) -> None:
    with pytest.raises(LocalError) as refusal:
        make()
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("first", "second", "third", "field"),
    [
        (FirstSection(15, 0, False, False, 2, 0), SecondSection(15, 1, 0), None, "krn"),
        (FirstSection(15, 10, False, False, 2, 0), SecondSection(15, 1, 0), None, "krn"),
        (FirstSection(15, 1, False, False, 2, 0), SecondSection(15, 100, 0), None, "ti"),
        (FirstSection(15, 1, False, True, 2, 0), SecondSection(15, 1, 0), ThirdSection(0xFFFFFF00000), "sgc"),
    ],
)  # fmt: skip
def test_a_set_with_an_impossible_number_is_the_far_sides_error(
    first: FirstSection, second: SecondSection, third: ThirdSection | None, field: str
) -> None:
    sections: list[Section] = [first, second, third] if third else [first, second]
    with pytest.raises(RemoteError) as refusal:
        assemble(sections, Algorithm.STA)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: FirstSection(16, 1, False, False, 2, 0), "ken_high"),
        (lambda: FirstSection(15, 16, False, False, 2, 0), "krn"),
        (lambda: FirstSection(15, 1, False, False, 4, 0), "kt"),
        (lambda: FirstSection(15, 1, False, False, 2, 1 << 32), "nkho"),
        (lambda: SecondSection(-1, 1, 0), "ken_low"),
        (lambda: SecondSection(15, 256, 0), "ti"),
        (lambda: SecondSection(15, 1, -1), "nklo"),
        (lambda: ThirdSection(1 << 44), "data44"),
        (lambda: FourthSection(1 << 12, 0), "sgc_high"),
        (lambda: FourthSection(0, 1 << 32), "nkmo1"),
    ],
)
def test_a_section_with_a_number_too_long_for_its_place_is_refused(make: Callable[[], Section], field: str) -> None:
    with pytest.raises(LocalError) as refusal:
        make()
    assert (refusal.value.code, refusal.value.field) == ("section_range", field)


def test_ea11_takes_no_notice_of_the_three_token_bit() -> None:
    first, *others = sections_of(KeyChange(LONG, sgc="201457"))
    assert isinstance(first, FirstSection)
    assert assemble([replace(first, three_tokens=True), *others], Algorithm.MISTY1) == KeyChange(LONG, sgc="201457")


def test_ea09_has_no_sets() -> None:
    with pytest.raises(LocalError) as refusal:
        assemble(sections_of(KeyChange(SHORT)), Algorithm.DES)
    assert refusal.value.code == "ea_refused"


@pytest.mark.parametrize("subclass", [0, 1, 2, 5, 6, 7, 10, 15])
def test_other_management_is_not_read_as_a_section(subclass: int) -> None:
    with pytest.raises(RemoteError) as refusal:
        read_section(Opened(TokenClass.MANAGEMENT, subclass << 44))
    assert (refusal.value.code, refusal.value.field) == ("subclass", "subclass")


def test_another_class_is_not_read_as_a_section() -> None:
    with pytest.raises(RemoteError) as refusal:
        read_section(Opened(TokenClass.CREDIT, 3 << 44))
    assert (refusal.value.code, refusal.value.field) == ("token_class", "class")


def test_no_part_of_a_key_is_shown() -> None:
    change = KeyChange(bytes.fromhex("DEADBEEF" * 4), sgc="201457")
    for shown in (repr(change), *map(repr, sections_of(change))):
        assert "deadbeef" not in shown.lower()
        assert str(0xDEADBEEF) not in shown
