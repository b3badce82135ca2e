"""Who of an account is told: one way a chain, nobody who said no, nobody too often."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.domain.notice import MANNERS, MessageKind
from app.domain.plan import Matter, Way, Why, chains, choose, stand_in
from app.domain.suppression import SuppressionScope

PHONE, MAIL, WORK, AUNT = (UUID(int=number) for number in range(1, 5))
WARNING, RESULT = Matter(MessageKind.ALARM_A), Matter(MessageKind.PURCHASE_CREDITED)


def way(id_: UUID, behind: UUID | None = None, **rest: object) -> Way:
    return Way(id_, "sms", f"+86138{id_.int:08d}", behind, **rest)  # type: ignore[arg-type]


def chosen(matter: Matter, *ways: Way) -> list[UUID]:
    return [each.id for each in choose(matter, ways).ways]


def test_everybody_who_stands_in_for_nobody_is_told() -> None:
    assert chosen(WARNING, way(PHONE), way(MAIL), way(AUNT)) == [PHONE, MAIL, AUNT]


def test_who_stands_in_is_told_only_where_the_one_before_cannot_be() -> None:
    behind = way(MAIL, PHONE), way(WORK, MAIL)
    assert chosen(WARNING, way(PHONE), *behind) == [PHONE]
    assert chosen(WARNING, way(PHONE, suppressed=SuppressionScope.ALL), *behind) == [MAIL]
    assert chosen(WARNING, way(PHONE, stopped=True), *behind) == [MAIL]


def test_stop_keeps_warnings_back_and_results_not() -> None:
    left = way(PHONE, suppressed=SuppressionScope.REMINDERS)
    assert choose(WARNING, [left]).reason is Why.SUPPRESSED
    assert choose(WARNING, [way(PHONE, stopped=True)]).reason is Why.STOPPED
    assert chosen(RESULT, left, way(MAIL, stopped=True)) == [PHONE, MAIL]


def test_who_wants_to_hear_of_no_purchase_hears_of_none_and_still_gets_tokens_and_warnings() -> None:
    quiet = way(PHONE, wants_results=False)
    assert choose(RESULT, [quiet, way(MAIL, PHONE)]).reason is Why.STOPPED  # nobody stands in for who can be reached
    assert chosen(RESULT, quiet, way(AUNT)) == [AUNT]
    for kind in (MessageKind.PURCHASE_TOKEN, MessageKind.REFUND_DONE, MessageKind.ALARM_B):
        assert chosen(Matter(kind), quiet) == [PHONE]


def test_a_dead_address_gets_nothing_at_all() -> None:
    assert choose(RESULT, [way(PHONE, suppressed=SuppressionScope.ALL)]).reason is Why.SUPPRESSED


def test_an_address_that_has_had_enough_is_spared_and_so_is_whoever_stands_in_for_it() -> None:
    full = way(PHONE, told=3)
    assert choose(WARNING, [full, way(MAIL, PHONE)]) == choose(WARNING, [full])
    assert choose(WARNING, [full]).reason is Why.CAPPED
    assert chosen(RESULT, full) == [PHONE]


def test_the_first_warning_of_a_deep_level_passes_the_cap_and_its_repeats_do_not() -> None:
    full = way(PHONE, told=30)
    assert chosen(Matter(MessageKind.ALARM_OWING), full) == [PHONE]
    assert choose(Matter(MessageKind.ALARM_OWING, first=False), [full]).reason is Why.CAPPED


def test_a_medium_that_nobody_carries_is_passed_over() -> None:
    assert chosen(RESULT, way(PHONE, offered=False), way(MAIL, PHONE)) == [MAIL]
    assert choose(RESULT, [way(PHONE, offered=False)]).reason is Why.NOT_OFFERED


def test_nobody_to_tell_is_said() -> None:
    assert choose(WARNING, []).reason is Why.NO_CONTACT


def test_the_next_is_behind_everybody_who_was_tried() -> None:
    ways = way(PHONE), way(MAIL, PHONE), way(WORK, MAIL), way(AUNT)
    found = stand_in(WARNING, ways, frozenset({PHONE, MAIL}))
    assert found is not None
    assert found.id == WORK
    assert stand_in(WARNING, ways, frozenset({WORK})) is None
    assert stand_in(WARNING, ways, frozenset({AUNT})) is None


def test_a_ring_is_a_chain_that_begins_somewhere() -> None:
    ring = way(PHONE, WORK), way(MAIL, PHONE), way(WORK, MAIL)
    assert chosen(WARNING, *ring) == [PHONE]


IDS = [uuid4() for _ in range(6)]
WAYS = st.lists(
    st.builds(
        way,
        st.sampled_from(IDS),
        st.one_of(st.none(), st.sampled_from(IDS)),
        stopped=st.booleans(),
        suppressed=st.one_of(st.none(), st.sampled_from(SuppressionScope)),
        told=st.integers(0, 5),
    ),
    unique_by=lambda each: each.id,
)
MATTERS = st.builds(Matter, st.sampled_from(MessageKind), st.booleans(), st.integers(1, 4))


@given(WAYS)
def test_every_way_is_in_one_chain(ways: list[Way]) -> None:
    assert sorted(each.id for chain in chains(ways) for each in chain) == sorted(each.id for each in ways)


@given(MATTERS, WAYS)
def test_one_of_a_chain_at_most_is_told_and_never_one_who_said_no(matter: Matter, ways: list[Way]) -> None:
    found = choose(matter, ways)
    assert (found.reason is None) == bool(found.ways)
    for chain in chains(ways):
        assert len(set(chain) & set(found.ways)) <= 1
    for each in found.ways:
        assert each.suppressed is not SuppressionScope.ALL
        assert not (MANNERS[matter.kind].unasked and (each.stopped or each.suppressed))


@given(MATTERS, WAYS, st.sampled_from(IDS))
def test_falling_back_ends(matter: Matter, ways: list[Way], first: UUID) -> None:
    tried = {first}
    while (found := stand_in(matter, ways, frozenset(tried))) is not None:
        assert found.id not in tried
        tried.add(found.id)
