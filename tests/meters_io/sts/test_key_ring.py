"""Which vending key is in force."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from meters_io.errors import LocalError
from meters_io.sts.key_ring import KeyRing, is_newer
from meters_io.sts.keys import VendingKey
from meters_io.sts.tid import BaseDate
from tests.meters_io.sts.published import KEY

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
UTC_CLOCK = timedelta(0)


def ring(*revisions: int, **attributes: object) -> KeyRing:
    return KeyRing(tuple(replace(KEY, krn=krn, **attributes) for krn in revisions))  # type: ignore[arg-type]


def successor(keys: KeyRing, krn: int) -> VendingKey:
    return keys.successor(KEY.sgc, krn, NOW, UTC_CLOCK)


def test_a_key_is_found_by_group_and_revision() -> None:
    assert ring(1, 2).find(KEY.sgc, 2).krn == 2


@pytest.mark.parametrize(("sgc", "krn"), [("000001", 1), (KEY.sgc, 3)])
def test_a_key_that_is_not_there_is_unknown(sgc: str, krn: int) -> None:
    for ask in (ring(1).find, lambda sgc, krn: ring(1, ken=0).successor(sgc, krn, NOW, UTC_CLOCK)):
        with pytest.raises(LocalError) as refusal:
            ask(sgc, krn)
        assert (refusal.value.code, refusal.value.field) == ("unknown_key", "sgc")


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(LocalError) as refusal:
        ring(1, 1)
    assert refusal.value.code == "duplicate_key"


@pytest.mark.parametrize(("krn", "than"), [(2, 1), (5, 1), (1, 9), (3, 8), (9, 5)])
def test_revisions_go_round(krn: int, than: int) -> None:
    assert is_newer(krn, than)
    assert not is_newer(than, krn)
    assert not is_newer(krn, krn)


@pytest.mark.parametrize(
    ("revisions", "has", "gets"),
    [((1, 2, 3), 1, 3), ((1, 2, 3), 2, 3), ((9, 1), 9, 1), ((9, 1), 1, 1), ((1, 2, 3, 4, 5, 6, 7, 8, 9), 8, 9)],
)
def test_the_newest_key_takes_the_place_of_an_older_one(revisions: tuple[int, ...], has: int, gets: int) -> None:
    assert successor(ring(*revisions), has).krn == gets
    assert ring(*revisions).newest(KEY.sgc, NOW, UTC_CLOCK).krn == revisions[-1]


@pytest.mark.parametrize("revisions", [(2, 1), (1, 3, 2), (1, 6)])
def test_keys_that_do_not_stand_in_their_order_are_refused(revisions: tuple[int, ...]) -> None:
    with pytest.raises(LocalError) as refusal:
        ring(*revisions)
    assert refusal.value.code == "key_order"


def test_keys_of_other_groups_may_stand_between() -> None:
    keys = KeyRing((KEY, replace(KEY, sgc="000001", krn=7), *ring(2).keys))
    assert successor(keys, 1).krn == 2


@pytest.mark.parametrize("attributes", [{"base_date": BaseDate.Y2035}, {"base_date": BaseDate.Y1993}, {"ken": 85}])
def test_a_key_that_cannot_serve_now_takes_nobodys_place(attributes: dict[str, object]) -> None:
    keys = KeyRing((KEY, *ring(2, **attributes).keys))
    assert successor(keys, 1) == KEY
    assert keys.newest(KEY.sgc, NOW, UTC_CLOCK) == KEY


def test_a_key_serves_from_its_base_date_on_by_the_groups_clock() -> None:
    keys = KeyRing((KEY, *ring(2, base_date=BaseDate.Y2035).keys))
    eve = datetime(2034, 12, 31, 23, 59, tzinfo=UTC)
    assert keys.successor(KEY.sgc, 1, eve, UTC_CLOCK).krn == 1
    assert keys.successor(KEY.sgc, 1, eve + timedelta(minutes=1), UTC_CLOCK).krn == 2
    assert keys.successor(KEY.sgc, 1, eve, timedelta(minutes=1)).krn == 2


def test_where_no_key_of_a_group_can_serve_none_is_newest() -> None:
    with pytest.raises(LocalError) as refusal:
        ring(1, 2, ken=85).newest(KEY.sgc, NOW, UTC_CLOCK)
    assert refusal.value.code == "unknown_key"
