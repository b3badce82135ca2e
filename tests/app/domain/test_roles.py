"""Who may do what."""

import pytest

from app.domain.roles import GRANTS, Permission, Role, may


def test_every_permission_is_somebodys() -> None:
    assert frozenset().union(*GRANTS.values()) == frozenset(Permission)


def test_a_cashier_sells_and_sees_no_customer() -> None:
    assert may([Role.CASHIER], Permission.TAKE_CASH)
    assert not may([Role.CASHIER], Permission.SEE_CUSTOMERS)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_administrator_changes_staff_and_approves_words(role: Role) -> None:
    assert not may([role], Permission.CHANGE_STAFF)
    assert not may([role], Permission.APPROVE_TEMPLATES)


def test_whoever_has_no_role_may_nothing() -> None:
    assert not any(may([], each) for each in Permission)


def test_roles_add_up() -> None:
    assert may([Role.CASHIER, Role.OPERATOR], Permission.TELL_OUTAGES)
