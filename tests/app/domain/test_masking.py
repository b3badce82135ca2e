"""What of personal data is shown, and to whom."""

import pytest

from app.domain.masking import Mask, reach
from app.domain.roles import GRANTS, Permission, Role, may


class Reader:
    """Somebody with one role."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def may(self, wanted: Permission) -> bool:
        return may([self.role], wanted)


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ("+8613800000001", "•••• 0001"),
        ("1101", "••••"),
        ("lin.ming@example.com", "l•••@example.com"),
        ("@example.com", "•••@example.com"),
        ("https://hook.example.com/in/s3cret?key=1", "hook.example.com/••••"),
        ("https://[broken", "••••"),
        ("oXa_12345-QRST", "•••• QRST"),
        ("", "••••"),
    ],
)
def test_an_address_is_told_apart_and_not_reached(whole: str, shown: str) -> None:
    assert reach(whole) == shown


@pytest.mark.parametrize("role", Role)
def test_only_roles_that_may_see_addresses_see_them_whole(role: Role) -> None:
    mask = Mask.of(Reader(role))
    whole = Permission.SEE_ADDRESSES in GRANTS[role]
    assert (mask.reach("+8613800000001") == "+8613800000001") is whole
    assert (mask.person("Lin Ming") == "Lin Ming") is whole
    assert (mask.place("Lamp Street 4-502") == "Lamp Street 4-502") is whole


def test_a_name_and_a_place_keep_their_beginning() -> None:
    assert Mask().person("林明") == "林•••"
    assert Mask().place("Lamp Street 4-502") == "Lamp•••"
    assert (Mask().person(" "), Mask().place("")) == ("", "")
