"""The journal where the tokens are made elsewhere: asked, answered, given up, and two processes at one request."""

from dataclasses import replace
from pathlib import Path

import pytest

from headend_client.entries import Entry
from headend_client.journal import TokenJournal
from headend_client.security import IssuedToken

TOKEN = IssuedToken("1" * 20, 77, 4, 5_000_624)
OTHER = IssuedToken("2" * 20, 78, 4, 5_000_624)
ASKED = Entry("one", "07000000013", "201457", 1, "credit 07000000013 4 5000000", "2026-03-02T01:00:00+00:00", None)
ASKED_AGAIN = replace(ASKED, at="2026-03-02T01:02:00+00:00")
GIVEN_UP, ANSWERED = replace(ASKED, tokens=()), replace(ASKED, tokens=(TOKEN,))


@pytest.fixture
def journal(tmp_path: Path) -> TokenJournal:
    """A journal that is not there yet."""
    return TokenJournal(tmp_path / "tokens")


@pytest.fixture
def other(tmp_path: Path) -> TokenJournal:
    """The same journal, of another process."""
    return TokenJournal(tmp_path / "tokens")


def test_a_request_is_begun_once_whoever_begins_it(journal: TokenJournal, other: TokenJournal) -> None:
    assert journal.begin(ASKED) is None
    assert other.begin(ASKED_AGAIN) == ASKED
    assert other.find("one") == ASKED


def test_an_answer_stands_for_ever(journal: TokenJournal, other: TokenJournal) -> None:
    journal.begin(ASKED)
    assert journal.settle(ASKED, ANSWERED) == ANSWERED
    assert other.find("one") == ANSWERED
    assert other.settle(ASKED, replace(ASKED, tokens=(OTHER,))) == ANSWERED
    assert other.settle(ASKED, GIVEN_UP) == ANSWERED
    assert journal.begin(ASKED_AGAIN) == ANSWERED


def test_a_request_that_was_given_up_can_be_begun_again(journal: TokenJournal, other: TokenJournal) -> None:
    journal.begin(ASKED)
    assert journal.settle(ASKED, GIVEN_UP) is None
    assert other.find("one") is None
    assert other.begin(ASKED_AGAIN) is None


def test_who_comes_late_does_not_give_up_what_another_has_taken_up(journal: TokenJournal, other: TokenJournal) -> None:
    journal.begin(ASKED)
    assert other.take_up(ASKED, ASKED_AGAIN)
    assert not journal.take_up(ASKED, ASKED_AGAIN)
    assert journal.settle(ASKED, GIVEN_UP) == ASKED_AGAIN
    assert other.find("one") == ASKED_AGAIN


def test_tokens_that_come_late_are_kept_all_the_same(journal: TokenJournal, other: TokenJournal) -> None:
    journal.begin(ASKED)
    assert other.take_up(ASKED, ASKED_AGAIN)
    assert journal.settle(ASKED, ANSWERED) == ANSWERED
    assert other.settle(ASKED_AGAIN, replace(ASKED_AGAIN, tokens=(OTHER,))) == ANSWERED


def test_it_counts_requests_and_makes_no_file_for_that(journal: TokenJournal, tmp_path: Path) -> None:
    assert journal.count() == 0
    assert list(tmp_path.iterdir()) == []
    journal.begin(ASKED)
    assert journal.count() == 1
