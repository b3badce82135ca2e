"""What staff type into the form of a notice, and what it comes to: a draft, or what is wrong with each field."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.announcement import AnnouncementKind
from app.domain.outage_notice import LONGEST_REASON, LONGEST_TEXT, LONGEST_TITLE, Fault, WhyOut, lead_time
from app.domain.rules import OutageRules
from app.services.announcements import Draft, Words
from app.web.console.outages.ready import ready_words

EVERYWHERE = "all"
_LONGEST = {"title_zh": LONGEST_TITLE, "title_en": LONGEST_TITLE, "text_zh": LONGEST_TEXT, "text_en": LONGEST_TEXT}
_PAIRS = (("title_zh", "title_en"), ("text_zh", "text_en"))
_FORMAT = "%Y-%m-%dT%H:%M"
_BEGINS_AT = time(9)


class WrongTime(ValueError):
    """A time that is none. `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent; times as a browser writes them, local."""

    node: str = ""
    kind: str = AnnouncementKind.UNPLANNED.value
    why: str = WhyOut.OTHER.value
    from_at: str = ""
    until_at: str = ""
    title_zh: str = ""
    title_en: str = ""
    text_zh: str = ""
    text_en: str = ""
    short_notice_reason: str = ""

    @property
    def sort(self) -> AnnouncementKind:
        """The kind; a word that is none is an outage that nobody planned."""
        return AnnouncementKind(self.kind) if self.kind in tuple(AnnouncementKind) else AnnouncementKind.UNPLANNED

    @property
    def reason(self) -> WhyOut:
        """Why; a word that is none says nothing."""
        return WhyOut(self.why) if self.why in tuple(WhyOut) else WhyOut.OTHER


def typed(form: Mapping[str, str]) -> Typed:
    """What of a form belongs to a notice."""
    return Typed(**{each.name: form.get(each.name, "").strip() for each in fields(Typed)})


def begun(node: str, kind: str, rules: OutageRules, here: datetime) -> Typed:
    """An empty form with sensible times. `here`: now, local."""
    blank = Typed(node=node, kind=kind)
    first = here.replace(second=0, microsecond=0, tzinfo=None)
    if lead_time(blank.sort, rules) and blank.sort is not AnnouncementKind.UNPLANNED:
        day = (first + lead_time(blank.sort, rules) + timedelta(days=1)).date()
        first = datetime.combine(day, _BEGINS_AT)
    lasts = timedelta(days=7) if blank.sort is AnnouncementKind.NEWS else timedelta(hours=2)
    return replace(blank, from_at=first.strftime(_FORMAT), until_at=(first + lasts).strftime(_FORMAT))


def local_time(text: str, zone: ZoneInfo) -> datetime:
    """A browser's "2026-03-02T09:00" as an instant. Raises WrongTime: missing, no time, or skipped by the clocks."""
    if not text:
        raise WrongTime(Fault.MISSING)
    try:
        plain = datetime.fromisoformat(text)
        if plain.tzinfo is not None:
            raise ValueError(text)
        found = plain.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise WrongTime(Fault.TIME_BAD) from error
    if found.astimezone(zone).replace(tzinfo=None) != plain:
        raise WrongTime(Fault.TIME_SKIPPED)
    return found


def as_typed(at: datetime, zone: ZoneInfo) -> str:
    """An instant as a browser writes it, local."""
    return at.astimezone(zone).strftime(_FORMAT)


def read(form: Typed, zone: ZoneInfo) -> tuple[Draft | None, dict[str, Fault]]:
    """The draft, as far as place and times can be read, and what is wrong with it.

    Where nothing is typed, the ready sentences speak.
    """
    found = {name: Fault.TOO_LONG for name, most in _LONGEST.items() if len(getattr(form, name)) > most}
    if len(form.short_notice_reason) > LONGEST_REASON:
        found["short_notice_reason"] = Fault.TOO_LONG
    node_id = _node(form.node, found)
    times = {name: at for name in ("from_at", "until_at") if (at := _time(form, name, zone, found)) is not None}
    words = _words(form, found)
    if "node" in found or len(times) < 2:
        return None, found
    return Draft(form.sort, node_id, times["from_at"], times["until_at"], words, form.short_notice_reason), found


def _node(text: str, found: dict[str, Fault]) -> UUID | None:
    if text == EVERYWHERE:
        return None
    try:
        return UUID(text)
    except ValueError:
        found["node"] = Fault.AREA_UNKNOWN
        return None


def _time(form: Typed, name: str, zone: ZoneInfo, found: dict[str, Fault]) -> datetime | None:
    try:
        return local_time(getattr(form, name), zone)
    except WrongTime as wrong:
        found[name] = wrong.fault
        return None


def _words(form: Typed, found: dict[str, Fault]) -> Words:
    """What is typed in one language only would leave the others without it."""
    for zh, en in _PAIRS:
        typed_in = [name for name in (zh, en) if getattr(form, name)]
        if len(typed_in) == 1:
            found.setdefault(en if typed_in == [zh] else zh, Fault.ONE_LANGUAGE)
    ready = ready_words(form.sort, form.reason)
    said = Words(
        form.title_zh or ready.title_zh,
        form.title_en or ready.title_en,
        form.text_zh or ready.text_zh,
        form.text_en or ready.text_en,
    )
    for name in ("title_zh", "title_en"):
        if not getattr(said, name):
            found.setdefault(name, Fault.MISSING)
    return said
