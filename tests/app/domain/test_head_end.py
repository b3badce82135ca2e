"""What may be typed about an existing head end, and how it is said to be."""

from datetime import timedelta

import pytest

from app.domain.head_end import CannotJoin, Health, health, read_key, read_name, read_secret, read_url


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://AMI.example/", "https://ami.example"),
        (" https://ami.example:8443/api/v2/ ", "https://ami.example:8443/api/v2"),
        ("http://127.0.0.1:8700", "http://127.0.0.1:8700"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, url: str) -> None:
    assert read_url(typed) == url


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("http://ami.example", "not_https"),
        ("ftp://ami.example", "bad_url"),
        ("https://user:word@ami.example", "bad_url"),
        ("https://ami.example/?a=1", "bad_url"),
        ("https://ami.example/#a", "bad_url"),
        ("https://ami.example/a b", "bad_url"),
        ("https://ami.example:port", "bad_url"),
        ("https://169.254.169.254", "bad_url"),
        ("https://0.0.0.0", "bad_url"),
        ("https://", "bad_url"),
        ("ami.example", "bad_url"),
        ("", "bad_url"),
    ],
)
def test_an_address_that_leads_nowhere_good_is_refused(typed: str, code: str) -> None:
    with pytest.raises(CannotJoin, match=code):
        read_url(typed)


def test_a_secret_is_long_and_a_name_is_said() -> None:
    assert read_secret(" " + "x" * 32 + "\n") == "x" * 32
    assert read_name("  Old   Town ") == "Old Town"
    assert read_key("relight-1") == "relight-1"
    for read, bad in ((read_secret, "x" * 31), (read_secret, "密" * 40), (read_name, " "), (read_key, "a b")):
        with pytest.raises(CannotJoin):
            read(bad)


def test_a_head_end_is_well_when_it_was_looked_at_lately_and_answered() -> None:
    just_now, long_ago = timedelta(seconds=3), timedelta(minutes=2)
    assert health(enabled=False, silent_for=just_now, trouble="") is Health.OFF
    assert health(enabled=True, silent_for=None, trouble="") is Health.UNWATCHED
    assert health(enabled=True, silent_for=long_ago, trouble="") is Health.UNWATCHED
    assert health(enabled=True, silent_for=just_now, trouble="head_end_silent") is Health.TROUBLED
    assert health(enabled=True, silent_for=just_now, trouble="") is Health.WELL
