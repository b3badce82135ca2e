"""Commands and results of all shapes, for properties."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from meters_io.handheld.commands import Act, Command, OverdraftLimit, Purchase, Tokens
from meters_io.handheld.results import Result, State


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


NAMES = st.text("ABCDEF0123456789-", min_size=1, max_size=20)
METERS = digits(11, 13)
CENTS = st.integers(0, 9_999_999_99)
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
PLACES = st.text("东区3栋电表箱 ABC-1", max_size=30).map(str.strip)
ORDERS = (
    st.sampled_from(Act)
    | st.builds(OverdraftLimit, CENTS)
    | st.builds(Purchase, st.integers(0, 99_999), CENTS, digits(12, 12))
    | st.builds(Tokens, st.lists(digits(20, 20), min_size=1, max_size=5).map(tuple))
)
COMMANDS = st.builds(Command, NAMES, METERS, ORDERS, PLACES, st.none() | MOMENTS)
RESULTS = st.builds(
    Result,
    NAMES,
    METERS,
    st.sampled_from(State),
    MOMENTS,
    st.text("0123456789ABCDEF", max_size=4),
    st.none() | st.integers(-99_999_999, 9_999_999_99),
    st.none() | st.integers(0, 99_999),
    st.none() | st.integers(0, 0xFFFF),
    st.none() | CENTS,
    st.none() | CENTS,
)
