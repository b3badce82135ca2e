"""Codes of the public pages, and their English sentences."""

from app.web.console.events.words import WORDS as _EVENTS

WORDS: dict[str, str] = {
    code.replace("device_event_", "told_event_"): words
    for code, words in _EVENTS.items()
    if code.startswith("device_event_")
}
