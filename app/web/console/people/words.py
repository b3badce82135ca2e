"""Codes of this part of the console, and their English sentences."""

from app.web.console.people.audit_words import ACTED, DETAIL
from app.web.console.people.rule_words import RULES
from app.web.marking import N_

_PEOPLE = {
    "people_code_wrong": N_("This code is not right, or it was used already. Wait for the next one."),
    "people_enrolment_over": N_("This page is too old. Begin again."),
    "people_password_wrong": N_("The password is not right."),
    "people_sign_in_busy": N_("Too many people sign in at this moment. Try again in a few seconds."),
    "people_login_bad": N_(
        "A login has letters, digits, dots, hyphens and underscores, and begins with one of the first."
    ),
    "people_login_taken": N_("Somebody has this login already."),
    "people_name_missing": N_("Type a name of 60 characters or fewer."),
    "people_roles_missing": N_("Choose at least one role. Who is to do nothing any more has left."),
    "people_password_short": N_("A password has 12 characters or more."),
    "people_password_long": N_("A password has 256 characters or fewer."),
    "people_password_own": N_("This is your own login or name. Take words that nobody would guess."),
    "people_password_common": N_(
        "This is one of the first that somebody would try. Take words that nobody would guess."
    ),
    "people_own_admin": N_("Nobody takes the administrator's role from themselves. Another administrator does it."),
    "people_last_admin": N_("This is the last administrator. Make somebody else one first."),
    "people_own_leaving": N_("Nobody ends their own account. Another administrator does it."),
    "people_not_invited": N_("They have chosen a password already. Reset it instead."),
    "people_done_renamed": N_("Your name is saved."),
    "people_done_password": N_("Your password is changed, and your other sessions have ended."),
    "people_done_device_removed": N_("From now on your password alone opens the console."),
    "role_service_more": N_("customers, reminders, messages, reviews"),
    "role_cashier_more": N_("cash desk, refunds in cash"),
    "role_operator_more": N_("outages, devices, alarm levels, terminals"),
    "role_finance_more": N_("bills, refunds, reports"),
    "role_admin_more": N_("everything but cash"),
}

WORDS: dict[str, str] = _PEOPLE | {f"acted_{code}": words for code, words in ACTED.items()} | DETAIL | RULES
