"""What happened at a device, in words that stand in the middle of a sentence."""

from app.domain.device_event import DeviceEventKind as E
from app.i18n import Locale

EVENT_WORDS: dict[str, dict[Locale, str]] = {
    E.CONCENTRATOR_SILENT: {Locale.ZH: "集中器失去联系", Locale.EN: "concentrator not heard of"},
    E.CONCENTRATOR_CONTESTED: {Locale.ZH: "两台集中器使用同一地址", Locale.EN: "two concentrators under one address"},
    E.TERMINAL_FAULT: {Locale.ZH: "集中器故障", Locale.EN: "concentrator fault"},
    E.METER_SILENT: {Locale.ZH: "电表失去联系", Locale.EN: "meter not heard of"},
    E.POWER_OFF: {Locale.ZH: "停电", Locale.EN: "power off"},
    E.METER_FAULT: {Locale.ZH: "电表故障", Locale.EN: "meter fault"},
    E.RELAY_FAULT: {Locale.ZH: "继电器故障", Locale.EN: "relay fault"},
    E.LOW_BALANCE: {Locale.ZH: "余额不足", Locale.EN: "low balance"},
    E.TAMPER: {Locale.ZH: "电表被打开或受到干扰", Locale.EN: "meter opened or tampered with"},
    E.CLOCK_WRONG: {Locale.ZH: "电表时钟不准", Locale.EN: "meter clock wrong"},
}


def event_words(code: str, locale: Locale) -> str:
    """The words of an event; a code that has none is said as it came."""
    return EVENT_WORDS.get(code, {}).get(locale, code)
