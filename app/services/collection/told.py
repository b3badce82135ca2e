"""Events as concentrators tell them, as plain facts: what happened where, and what makes two tellings the same one."""

import json
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from hashlib import sha256

from app.domain.terminal_events import STATUS_CHANGED, Told
from app.terminal_words import EnergyControl, NotReadable, OtherEvent, PowerLost, StatusChanged, TerminalEvent

_MOST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Fact:
    """One event. `content`: its fields as they are kept, plain and short enough."""

    told: Told
    content: dict[str, object]
    fingerprint: str


def fact_of(event: TerminalEvent, now: datetime) -> Fact:
    """Return what is kept of an event. One without a time is told apart from others of its kind by the day only."""
    told, content = _told(event), _content(event)
    when = told.at.isoformat() if told.at is not None else f"day {now.date().isoformat()}"
    parts = json.dumps([told.erc, when, content], sort_keys=True, ensure_ascii=False)
    return Fact(told, content, sha256(parts.encode()).hexdigest())


def _told(event: TerminalEvent) -> Told:
    match event:
        case PowerLost(lost_at, restored_at):
            return Told(14, lost_at or restored_at, began=lost_at is not None, over=restored_at is not None)
        case EnergyControl(at=at, tripped=tripped):
            return Told(7 if tripped else 23, at)
        case NotReadable(at=at, point=point, began=began, catching_up=catching_up):
            return Told(39 if catching_up else 31, at, point, began, not began)
        case StatusChanged(at=at, point=point, changed=changed, words=words):
            return Told(STATUS_CHANGED, at, point, changed=changed, words=words)
        case OtherEvent():
            began = _began(event)
            return Told(event.erc, event.at, event.point, began, not began, _address(event))


def _began(event: OtherEvent) -> bool:
    """Bit 15 of the measuring point, where there is one: 0 says that it is over."""
    match event.content:
        case {"point": {"began": int(began)}}:
            return began == 1
    return True


def _address(event: OtherEvent) -> str:
    match event.content:
        case {"address": str(address)}:
            return address
    return ""


def _content(event: TerminalEvent) -> dict[str, object]:
    found = _plain(event.content if isinstance(event, OtherEvent) else asdict(event))
    fields = found if isinstance(found, dict) else {"value": found}
    if len(json.dumps(fields)) > _MOST_TEXT:
        return {"too_long": len(json.dumps(fields))}
    return {name: value for name, value in fields.items() if name != "password"}


def _plain(value: object) -> object:
    """A tree of dicts, lists, numbers and text: what JSON has."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    return str(value)
