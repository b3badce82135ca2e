"""Which passwords somebody may have."""

import pytest

from app.domain.password import trouble


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevensigns", "password_short"),
        ("x" * 257, "password_long"),
        ("lin.ming-2026", "password_own"),
        ("MingMing2026!!", "password_own"),
        ("Password2026!", "password_common"),
        ("P@ssw0rd1234", "password_common"),
        ("welcomeadmin1", "password_common"),
        ("123456789012", "password_common"),
        ("qwertyuiop1234", "password_common"),
        ("zyxwvutsrqpo", "password_common"),
        ("abababababab", "password_common"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, code: str) -> None:
    assert trouble(password, "lin.ming", "Lin Ming") == code


@pytest.mark.parametrize(
    "password", ["correct horse battery", "lights-on-2026", "山高水长风清月明江河湖海", "kT9 vb wq 33 pass"]
)
def test_a_long_one_of_ones_own_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert trouble(password, "anna", "Anna Berg") is None
