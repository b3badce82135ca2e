"""Who of the staff may do what (SPEC, who uses it; B-14)."""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """`service`: customer service. `operator`: of the master station."""

    SERVICE = "service"
    CASHIER = "cashier"
    OPERATOR = "operator"
    FINANCE = "finance"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that may be done. Reading and changing are told apart where both are wanted."""

    SEE_WORK = "see_work"  # reviews, purchases, payments
    SETTLE_REVIEWS = "settle_reviews"
    SEE_TOKENS = "see_tokens"
    TAKE_CASH = "take_cash"
    HAND_OUT_REFUNDS = "hand_out_refunds"
    ASK_REVERSALS = "ask_reversals"
    APPROVE_REVERSALS = "approve_reversals"
    SEE_BILLS = "see_bills"
    SEE_CUSTOMERS = "see_customers"
    SEE_ADDRESSES = "see_addresses"  # telephone numbers and addresses unmasked
    SEND_CAMPAIGNS = "send_campaigns"
    SEE_MESSAGES = "see_messages"
    CHANGE_SUPPRESSIONS = "change_suppressions"
    WRITE_TEMPLATES = "write_templates"
    APPROVE_TEMPLATES = "approve_templates"
    TELL_OUTAGES = "tell_outages"
    SEE_EVENTS = "see_events"
    CHANGE_EVENTS = "change_events"  # schemes and responsible persons
    CHANGE_ALARMS = "change_alarms"
    CHANGE_CUT_RULES = "change_cut_rules"  # no-cut calendar, amnesty
    CHANGE_PROVIDERS = "change_providers"  # shares of SMS providers, trial mode, keys
    CHANGE_RULES = "change_rules"
    SEE_REPORTS = "see_reports"
    CARE_FOR_KIOSKS = "care_for_kiosks"
    READ_DEVICES = "read_devices"
    SET_DEVICES = "set_devices"
    SWITCH_RELAYS = "switch_relays"
    CHANGE_ARCHIVE = "change_archive"  # which meters a concentrator reads, and what is known of both
    USE_HANDHELDS = "use_handhelds"  # orders given out in hand-held readers, and results brought back
    SWITCH_FEE_CONTROL = "switch_fee_control"  # who holds a meter's money, and its limits where the ledger does
    CHANGE_PRICES = "change_prices"
    CHANGE_STAFF = "change_staff"
    SEE_AUDIT = "see_audit"


P = Permission
_EVERYBODY = frozenset({P.SEE_WORK})
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.SERVICE: _EVERYBODY
    | {P.SETTLE_REVIEWS, P.SEE_TOKENS, P.SEE_CUSTOMERS, P.SEE_ADDRESSES, P.SEND_CAMPAIGNS, P.SEE_MESSAGES}
    | {P.CHANGE_SUPPRESSIONS, P.WRITE_TEMPLATES, P.SEE_REPORTS, P.SEE_EVENTS, P.READ_DEVICES, P.ASK_REVERSALS},
    Role.CASHIER: _EVERYBODY | {P.TAKE_CASH, P.HAND_OUT_REFUNDS, P.ASK_REVERSALS},
    Role.OPERATOR: _EVERYBODY
    | {P.SETTLE_REVIEWS, P.SEE_TOKENS, P.SEE_CUSTOMERS, P.SEE_MESSAGES, P.TELL_OUTAGES, P.SEE_EVENTS, P.CHANGE_EVENTS}
    | {P.CHANGE_ALARMS, P.SEE_REPORTS, P.CARE_FOR_KIOSKS}
    | {P.SWITCH_FEE_CONTROL, P.READ_DEVICES, P.SET_DEVICES, P.SWITCH_RELAYS, P.CHANGE_ARCHIVE}
    | {P.USE_HANDHELDS},
    Role.FINANCE: _EVERYBODY
    | {P.SETTLE_REVIEWS, P.HAND_OUT_REFUNDS, P.SEE_BILLS, P.SEE_CUSTOMERS, P.SEE_REPORTS}
    | {P.CHANGE_PRICES, P.ASK_REVERSALS, P.APPROVE_REVERSALS},
    Role.ADMIN: frozenset(Permission) - {P.TAKE_CASH, P.HAND_OUT_REFUNDS},
}


def may(roles: Iterable[Role], wanted: Permission) -> bool:
    """Does any of somebody's roles allow it?"""
    return any(wanted in GRANTS[role] for role in roles)
