"""What may leave the house."""

import pytest

from app.domain.sending import SCRIPTED, Barred, Leaves, Passage, Script, SendMode, Stays, Trial, allowed, stricter
from tests.each import each

MINE, OTHER = "+8613900000001", "+8613900000002"
TRIAL = Trial((MINE, "Me@Example.com"), 2, 1)


@pytest.mark.parametrize(
    ("mode", "address", "found"),
    [
        (SendMode.LIVE, OTHER, Leaves()),
        (SendMode.TEST, MINE, Stays(Script.ARRIVES)),
        (SendMode.TRIAL, MINE, Leaves()),
        (SendMode.TRIAL, "me@example.com", Leaves()),
        (SendMode.TRIAL, OTHER, Barred("trial_not_listed")),
    ],
)
def test_a_mode_lets_out_whom_it_says(mode: SendMode, address: str, found: Passage) -> None:
    assert allowed(mode, address, TRIAL) == found


def test_a_trial_ends_with_its_day() -> None:
    assert allowed(SendMode.TRIAL, MINE, Trial((MINE,), 2, 2)) == Barred("trial_spent")


@each(SendMode)
@each(SCRIPTED)
def test_a_scripted_address_never_reaches_a_provider(address: str, mode: SendMode) -> None:
    assert allowed(mode, address.upper(), TRIAL) == Stays(SCRIPTED[address])


def test_every_script_has_a_number_and_a_mail_address() -> None:
    for script in Script:
        assert [address[0] == "+" for address in SCRIPTED if SCRIPTED[address] is script] == [True, False]


def test_the_stricter_of_two_modes_counts() -> None:
    assert stricter(SendMode.LIVE, SendMode.TEST) is SendMode.TEST
    assert stricter(SendMode.TRIAL, SendMode.LIVE) is SendMode.TRIAL
