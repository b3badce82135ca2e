"""Codes of this part of the console, and their English sentences."""

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

ACTED = {
    "signed_in": N_("signed in"),
    "signed_out": N_("signed out"),
    "sign_in_failed": N_("typed a wrong password"),
    "sign_in_locked": N_("was locked after wrong passwords"),
    "second_step_failed": N_("typed a wrong code"),
    "second_step_locked": N_("was locked after wrong codes"),
    "second_step_set": N_("set up a second step"),
    "second_step_removed": N_("removed a second step"),
    "recovery_codes_made": N_("made recovery codes"),
    "recovery_code_used": N_("used a recovery code"),
    "session_ended": N_("ended a session"),
    "sessions_ended": N_("ended sessions"),
    "password_changed": N_("changed a password"),
    "password_reset": N_("reset a password"),
    "staff_added": N_("added somebody"),
    "staff_invited": N_("invited again"),
    "invitation_accepted": N_("took up an invitation"),
    "staff_renamed": N_("changed a name"),
    "staff_left": N_("entered that somebody left"),
    "staff_readmitted": N_("entered that somebody is back"),
    "roles_changed": N_("changed roles"),
    "rules_changed": N_("changed rules"),
    "audit_exported": N_("took the audit log away"),
    "review_settled": N_("settled a review"),
    "cash_taken": N_("took cash"),
    "cash_given_back": N_("gave cash back"),
    "kiosk_expected": N_("made a code for a terminal"),
    "kiosk_enrolled": N_("enrolled a terminal"),
    "kiosk_active": N_("unlocked a terminal"),
    "kiosk_locked": N_("locked a terminal"),
    "kiosk_revoked": N_("revoked a terminal's key"),
    "suppression_added": N_("added an address to be left alone"),
    "suppression_lifted": N_("lifted that an address is left alone"),
    "amnesty_begun": N_("began an amnesty"),
    "amnesty_ended": N_("ended an amnesty"),
    "alarm_acknowledged": N_("took an event in hand"),
    "scheme_added": N_("added an alarm scheme"),
    "scheme_changed": N_("changed an alarm scheme"),
    "scheme_removed": N_("removed an alarm scheme"),
    "scheme_assigned": N_("gave concentrators an alarm scheme"),
    "person_added": N_("added a responsible person"),
    "person_changed": N_("changed a responsible person"),
    "person_left": N_("entered that a responsible person left"),
    "token_seen": N_("saw the whole token"),
}
"""What can be looked for in the audit log. A code that is not here is shown as it is."""

_DETAIL = {
    "audit_before": N_("before"),
    "audit_after": N_("after"),
    "audit_login": N_("login"),
    "audit_login_sha256": N_("login, hashed"),
    "audit_failures": N_("failures in a row"),
    "audit_roles": N_("roles"),
    "audit_sessions": N_("sessions"),
    "audit_code": N_("set"),
    "audit_act": N_("decision"),
    "audit_remark": N_("remark"),
    "audit_reason": N_("reason"),
    "audit_count": N_("how many"),
    "audit_name": N_("name"),
}

WORDS: dict[str, str] = _PEOPLE | {f"acted_{code}": words for code, words in ACTED.items()} | _DETAIL | RULES
