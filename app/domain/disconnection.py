"""How a self-disconnection ends (SPEC M-13)."""

from enum import StrEnum


class Outcome(StrEnum):
    """`paid`: money came and the supply with it. `moved_out`: nobody lives there. `helped`: staff found a way."""

    PAID = "paid"
    HELPED = "helped"
    MOVED_OUT = "moved_out"
    RESTORED = "restored"
    OTHER = "other"
