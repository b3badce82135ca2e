"""What the demo's people wrote to the utility, and what they were answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.told.home import Home, write
from app.demo.told.post import CARRIER, About, Post, to_address
from app.domain.inbound import Understood, understand
from app.domain.notice import MessageKind
from app.models import InboundMessage

_TEXTS = (
    (20, "余额", 18),
    (27, "退订", 12),
    (24, "BAL", 9),
    (41, "你们什么时候来修路灯", 7),
    (15, "没电", 6),
    (30, "余额?", 4),
    (28, "help", 2),
)
_KINDS = {
    Understood.BALANCE: MessageKind.BALANCE_ANSWER,
    Understood.HELP: MessageKind.HELP_ANSWER,
    Understood.UNCLEAR: MessageKind.HELP_ANSWER,
    Understood.STILL_OUT: MessageKind.HELP_ANSWER,
}
_HELP = {
    "zh": "回复“余额”查余额，“退订”停收提醒，“开启”重新接收，“0”报仍停电。",
    "en": "Send BAL for your balance, STOP for no more reminders, START for them again, OUT if the power is still off.",
}
_BALANCE = {"zh": "电表{meter}余额¥{balance}。", "en": "Meter {meter}: ¥{balance}."}


async def hear(db: AsyncSession, homes: Sequence[Home], here: datetime) -> None:
    """Write some weeks of texts with their answers. A stop is not answered."""
    post, texts = Post(), []
    for place, body, days in _TEXTS:
        home = homes[place]
        row = InboundMessage(
            id=uuid4(),
            carrier=CARRIER,
            provider_ref=f"demo-{place}-{days}",
            sender=home.contacts[0].address,
            sent_to="1069",
            body=body,
            understood=understand(body),
            at=here - timedelta(days=days, minutes=13 * place),
        )
        _answer(post, home, row)
        texts.append(row)
    await post.send(db)
    await write(db, InboundMessage, texts)


def _answer(post: Post, home: Home, row: InboundMessage) -> None:
    kind = _KINDS.get(Understood(row.understood))
    if kind is None:
        return
    locale = home.contacts[0].locale
    about = About(kind, row.id, None, row.at, row.at + timedelta(seconds=1))
    body = _HELP[locale]
    if kind is MessageKind.BALANCE_ANSWER:
        balance = f"{(home.meter.balance_minor or 0) / 100:.2f}"
        body = _BALANCE[locale].format(meter=home.meter.number, balance=balance)
    row.answer_id = post.delivered(to_address(about, row.sender, locale, body)).id
