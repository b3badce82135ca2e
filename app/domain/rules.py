"""The utility's rules as data: each set is one row, one form and one dataclass; what nobody set has these defaults.

Times are local. A set that cannot hold raises ValueError with the name of the field that is wrong.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar

from app.domain.sending import SendMode


def _within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(field)


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """When and how often people are written to without having asked (SPEC N-10).

    `cap_a_day`: warnings and reminders to one address in 24 hours; results, tokens and codes are not counted.
    `falls_back_after_min`: how long "delivered" is waited for before the contact that stands in is used.
    `rate_a_second`: how many messages all bulk sends together may begin. `unasked_a_second`: how many messages that
    nobody waits for (warnings that waited for the morning, outages, bulk sends) all notifiers together hand on.
    """

    code: ClassVar[str] = "notice"
    quiet_from: time | None = time(22)
    quiet_to: time | None = time(7)
    cap_a_day: int = 3
    falls_back_after_min: int = 15
    rate_a_second: int = 50
    unasked_a_second: int = 1000

    def __post_init__(self) -> None:
        _within("cap_a_day", self.cap_a_day, 1, 100)
        _within("falls_back_after_min", self.falls_back_after_min, 1, 1440)
        _within("rate_a_second", self.rate_a_second, 1, 1000)
        _within("unasked_a_second", self.unasked_a_second, 1, 1000)


@dataclass(frozen=True, slots=True)
class TemplateRules:
    """What holds for words. `sms_price_e4`: of one segment, ten-thousandths of the currency unit."""

    code: ClassVar[str] = "template"
    approval_needed: bool = True
    most_segments: int = 6
    sms_price_e4: int = 450
    voice_price_e4: int = 1500

    def __post_init__(self) -> None:
        _within("most_segments", self.most_segments, 1, 20)
        _within("sms_price_e4", self.sms_price_e4, 0, 10_000_000)
        _within("voice_price_e4", self.voice_price_e4, 0, 10_000_000)


@dataclass(frozen=True, slots=True)
class SendingRules:
    """Whether messages leave the house. In trial mode: to `listed` addresses only, `trial_a_day` at most."""

    code: ClassVar[str] = "sending"
    mode: SendMode = SendMode.LIVE
    listed: tuple[str, ...] = ()
    trial_a_day: int = 50

    def __post_init__(self) -> None:
        _within("trial_a_day", self.trial_a_day, 0, 10_000)


@dataclass(frozen=True, slots=True)
class CutRules:
    """When supply may be cut for a balance (SPEC, rules as data; M-5, M-6, M-8).

    `no_cut_weekdays`: 0 is Monday. `heat_days`, `cold_days`: announced by the weather service, for the whole utility.
    `grace_min`: after zero. `warnings_needed`: delivered to the account since the balance fell, the last of those that
    are needed at least `warned_before_min` ago, and none made longer ago than `warning_counts_h`. `warning_waits_h`:
    how long "sent" is waited with for its "delivered" before customer service has the case. `balance_good_for_h`: a
    figure may be so old. `advance_lasts_h`: emergency credit keeps supply on. `amnesty_after_min`: our own sale path
    has been down for so long; `amnesty_rest_h`: and is up again; `amnesty_advance_minor`: emergency credit is at least
    so much meanwhile, also where it is switched off otherwise. `handheld_trip_h`: a cut that travels in a hand-held is
    carried out within so many hours, or not at all.
    """

    code: ClassVar[str] = "cut"
    no_cut_from: time | None = time(18)
    no_cut_to: time | None = time(8)
    no_cut_weekdays: tuple[int, ...] = (5, 6)
    holidays: tuple[date, ...] = ()
    heat_days: tuple[date, ...] = ()
    cold_days: tuple[date, ...] = ()
    grace_min: int = 30
    warnings_needed: int = 1
    warned_before_min: int = 60
    warning_counts_h: int = 336
    warning_waits_h: int = 24
    balance_good_for_h: int = 26
    advance_lasts_h: int = 72
    restored_rest_min: int = 120
    amnesty_after_min: int = 10
    amnesty_rest_h: int = 4
    amnesty_advance_minor: int = 0
    handheld_trip_h: int = 4

    def __post_init__(self) -> None:
        if any(day not in range(7) for day in self.no_cut_weekdays):
            raise ValueError("no_cut_weekdays")
        _within("grace_min", self.grace_min, 0, 10_080)
        _within("warnings_needed", self.warnings_needed, 0, 10)
        if (self.no_cut_from is None) != (self.no_cut_to is None):
            raise ValueError("no_cut_to")
        _within("warned_before_min", self.warned_before_min, 0, 10_080)
        _within("warning_counts_h", self.warning_counts_h, 1, 2160)
        _within("warning_waits_h", self.warning_waits_h, 1, 168)
        _within("balance_good_for_h", self.balance_good_for_h, 1, 168)
        _within("advance_lasts_h", self.advance_lasts_h, 0, 720)
        _within("restored_rest_min", self.restored_rest_min, 0, 10_080)
        _within("amnesty_after_min", self.amnesty_after_min, 1, 1440)
        _within("amnesty_rest_h", self.amnesty_rest_h, 0, 168)
        _within("amnesty_advance_minor", self.amnesty_advance_minor, 0, 100_000)
        _within("handheld_trip_h", self.handheld_trip_h, 1, 24)


@dataclass(frozen=True, slots=True)
class OutageRules:
    """How long before it begins work must be told, in hours (SPEC, rules as data).

    `stagger_min`: over how long the relays of those who bought during an outage are closed once it is over, lest the
    whole area begins to draw at the same moment (SPEC M-8).
    """

    code: ClassVar[str] = "outage"
    planned_lead_h: int = 168
    temporary_lead_h: int = 24
    stagger_min: int = 10

    def __post_init__(self) -> None:
        _within("planned_lead_h", self.planned_lead_h, 0, 2160)
        _within("temporary_lead_h", self.temporary_lead_h, 0, 2160)
        _within("stagger_min", self.stagger_min, 0, 120)


@dataclass(frozen=True, slots=True)
class DisconnectionRules:
    """When a home without money is somebody's concern (SPEC M-13)."""

    code: ClassVar[str] = "disconnection"
    flagged_after_h: int = 24

    def __post_init__(self) -> None:
        _within("flagged_after_h", self.flagged_after_h, 1, 720)


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """For how many days what is no booking and no audit is kept: personal data of messages, and traces of work.

    `frame_days`: frames that carried no purchase. `evidence_days`: frames and kept promises of purchases, payments and
    refunds, once those have an end. `promise_days`: other kept promises; the record of a link looks two weeks back.
    `task_days`: ended tasks of existing head ends.
    """

    code: ClassVar[str] = "retention"
    message_days: int = 400
    inbound_days: int = 180
    frame_days: int = 90
    evidence_days: int = 1095
    promise_days: int = 60
    task_days: int = 365

    def __post_init__(self) -> None:
        _within("message_days", self.message_days, 30, 3650)
        _within("inbound_days", self.inbound_days, 30, 3650)
        _within("frame_days", self.frame_days, 7, 3650)
        _within("evidence_days", self.evidence_days, 180, 3650)
        _within("promise_days", self.promise_days, 30, 3650)
        _within("task_days", self.task_days, 30, 3650)


@dataclass(frozen=True, slots=True)
class DeviceRules:
    """When a device has been silent for too long, and how many of its events one person is told singly.

    `most_single`: in a quarter of an hour; what comes on top is told in one message.
    """

    code: ClassVar[str] = "device"
    concentrator_silent_min: int = 60
    most_single: int = 5

    def __post_init__(self) -> None:
        _within("most_single", self.most_single, 1, 50)
        _within("concentrator_silent_min", self.concentrator_silent_min, 5, 10_080)


@dataclass(frozen=True, slots=True)
class FeeRules:
    """What holds for meters whose money the ledger keeps (远程费控).

    `most_kwh_a_day`: what says more is a question, not a charge. `waits_days`: how long a day that was not read is
    waited for before it is charged with the next. `cut_on`: whether supply is cut at the limit; `asks_again_min`: how
    long after a cut was held back it is asked for again.
    """

    code: ClassVar[str] = "fee"
    most_kwh_a_day: int = 500
    waits_days: int = 2
    cut_on: bool = True
    asks_again_min: int = 15

    def __post_init__(self) -> None:
        _within("most_kwh_a_day", self.most_kwh_a_day, 1, 100_000)
        _within("waits_days", self.waits_days, 0, 30)
        _within("asks_again_min", self.asks_again_min, 1, 1440)


@dataclass(frozen=True, slots=True)
class SaleRules:
    """To which meters is sold, and what is sent by itself (SPEC H-7, H-13).

    `sell_untried`: also to meters that have not passed their commissioning. `hold_several`: where an account has
    several meters that hold their money themselves, a person says into which of them a purchase goes.
    """

    code: ClassVar[str] = "sale"
    sell_untried: bool = False
    hold_several: bool = True


Rules = (
    NoticeRules
    | TemplateRules
    | SendingRules
    | CutRules
    | OutageRules
    | DisconnectionRules
    | RetentionRules
    | DeviceRules
    | SaleRules
    | FeeRules
)
RULE_SETS: tuple[type[Rules], ...] = (
    NoticeRules,
    TemplateRules,
    SendingRules,
    CutRules,
    OutageRules,
    DisconnectionRules,
    RetentionRules,
    DeviceRules,
    SaleRules,
    FeeRules,
)
