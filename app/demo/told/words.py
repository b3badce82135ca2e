"""The words of what was told, as the templates that ship would have put them at that time."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.notice import MessageKind

_ZH: dict[MessageKind, str] = {
    MessageKind.ALARM_A: "电表{meter}余额¥{balance}（{at}抄表），请及时充值。",
    MessageKind.ALARM_B: "电表{meter}余额仅¥{balance}（{at}抄表），用完将停电，请充值。",
    MessageKind.ALARM_OWING: "电表{meter}已透支¥{below}（{at}抄表），请缴费。",
    MessageKind.PURCHASE_CREDITED: "电表{meter}充值¥{amount}已到账，余额¥{balance}。供电正常。",
    MessageKind.DISCONNECTED: "电表{meter}余额用尽，{at}起无电，请充值。",
    MessageKind.REMINDER: "电表{meter}余额¥{balance}（{at}抄表），请充值。",
}
_EN: dict[MessageKind, str] = {
    MessageKind.ALARM_A: "Meter {meter}: balance ¥{balance} at {at}. Please top up soon.",
    MessageKind.ALARM_B: "Meter {meter}: only ¥{balance} left at {at}. The power goes off when it is used up.",
    MessageKind.ALARM_OWING: "Meter {meter}: ¥{below} overdrawn at {at}. Please pay.",
    MessageKind.PURCHASE_CREDITED: "Meter {meter}: ¥{amount} credited, balance ¥{balance}. Power is on.",
    MessageKind.DISCONNECTED: "Meter {meter}: no power since {at}, the credit is used up. Please pay.",
    MessageKind.REMINDER: "Meter {meter}: balance ¥{balance} at {at}. Please top up.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a message speaks of: a meter's number, a moment in local time, fen."""

    meter: str
    at: datetime
    balance: int = 0
    amount: int = 0


def words(kind: MessageKind, locale: str, said: Said) -> str:
    """A message in words."""
    text = (_EN if locale == "en" else _ZH)[kind]
    when = f"{said.at:%d %b %H:%M}" if locale == "en" else f"{said.at.month}月{said.at.day}日{said.at:%H:%M}"
    figures = {"balance": _yuan(said.balance), "below": _yuan(-said.balance), "amount": _yuan(said.amount)}
    return text.format(meter=said.meter, at=when, **figures)


def _yuan(minor: int) -> str:
    return f"{minor / 100:.2f}"
