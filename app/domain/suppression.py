"""When an address is left alone, and by what (SPEC N-8, N-12)."""

from enum import StrEnum


class SuppressionScope(StrEnum):
    """`reminders`: what nobody asked for; tokens and results still come. `all`: nothing can reach it."""

    REMINDERS = "reminders"
    ALL = "all"


class SuppressionReason(StrEnum):
    """`stop_word`: they wrote STOP. `unsubscribed`: the link in a mail. `carrier`: the provider says that they opted
    out. `bounced`: mail came back for good. `unreachable`: no such number or mailbox. `staff`: somebody of ours."""

    STOP_WORD = "stop_word"
    UNSUBSCRIBED = "unsubscribed"
    CARRIER = "carrier"
    BOUNCED = "bounced"
    UNREACHABLE = "unreachable"
    STAFF = "staff"
