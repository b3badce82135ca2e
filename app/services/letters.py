"""Loads what one message is about, at the moment it is to go out: what it says must be true then (SPEC M-7)."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import notice
from app.domain.alarm import AlarmLevel
from app.domain.money import Limits
from app.domain.notice import MessageKind
from app.domain.offer import Wallet, suggested
from app.domain.payment import CASH_DESK
from app.domain.purchase import PurchaseState
from app.domain.relay import Supply
from app.domain.wallet import days_left
from app.models import (
    Account,
    AddressProof,
    Alarm,
    Contact,
    LoginCode,
    Message,
    Meter,
    Purchase,
    Refund,
    Token,
    TopUpRule,
)
from app.models.topup import LinkPurpose
from app.services.links import LinkWish


@dataclass(frozen=True, slots=True)
class Facts:
    """What templates may speak of. Money in minor units; about a purchase `supply` is only what was read after it."""

    meter_number: str
    balance_minor: int | None
    read_at: datetime | None
    days_left: int | None
    supply: Supply = Supply.UNKNOWN
    amount_minor: int = 0
    arrears_minor: int = 0
    credit_minor: int = 0
    tokens: tuple[str, ...] = ()
    proof_id: UUID | None = None  # what a code's digits or a link's word are derived from
    link: LinkWish | None = None  # the pay link that goes with it
    currency: str = ""  # of the amount, where it is not the utility's own
    by_hand: bool = False  # cash that was given back over a counter
    receipt_of: str = ""  # the purchase's reference: whoever has it may see the receipt


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in our hands: its locked row, its reader, what it is about, and whether that is still so.

    `contact` None: somebody proves an address that is nobody's contact yet.
    """

    message: Message
    contact: Contact | None
    facts: Facts
    holds: bool

    @property
    def recipient(self) -> str:
        """E.164 number or mail address."""
        return self.contact.address if self.contact else self.message.address or ""

    @property
    def stopped(self) -> bool:
        """Does its reader want no more of these?"""
        said = self.contact is not None and self.contact.stopped_at is not None
        return said and notice.stops(MessageKind(self.message.kind))


async def load(db: AsyncSession, message_id: UUID) -> Letter:
    """Lock the message and gather its facts. Raises NoResultFound for an unknown message."""
    message = await db.get_one(Message, message_id, with_for_update=True)
    match MessageKind(message.kind):
        case MessageKind.LOGIN_CODE:
            code = await db.get_one(LoginCode, message.cause_id)
            return Letter(message, None, _of_proof("", code.id), code.used_at is None)
        case MessageKind.CONFIRM_ADDRESS:
            proof = await db.get_one(AddressProof, message.cause_id)
            meter = await db.get_one(Meter, proof.meter_id)
            return Letter(message, None, _of_proof(meter.number, proof.id), proof.used_at is None)
        case MessageKind.TOP_UP_DUE | MessageKind.TOP_UP_FAILED:
            return await _rule(db, message)
        case MessageKind.RECEIPT:
            return await _receipt(db, message)
        case MessageKind.REFUND_DONE:
            return await _refund(db, message)
        case kind:
            return await _to_contact(db, message, kind)


async def _receipt(db: AsyncSession, message: Message) -> Letter:
    """A receipt goes where whoever held its page wanted it; its words are the page's, behind the link."""
    purchase = await db.get_one(Purchase, message.cause_id)
    meter = await db.get_one(Meter, purchase.meter_id)
    contact = await db.get(Contact, message.contact_id) if message.contact_id else None
    return Letter(message, contact, replace(_of_purchase(meter, purchase), receipt_of=purchase.ref), holds=True)


async def _refund(db: AsyncSession, message: Message) -> Letter:
    """Money that has gone back, to whoever paid it; nothing of the meter's balance is told to them."""
    refund = await db.get_one(Refund, message.cause_id)
    meter = await db.get_one(Meter, message.meter_id)
    contact = await db.get(Contact, message.contact_id) if message.contact_id else None
    by_hand = refund.provider == CASH_DESK
    facts = Facts(
        meter.number, None, None, None, amount_minor=refund.amount_minor, currency=refund.currency, by_hand=by_hand
    )
    return Letter(message, contact, facts, holds=True)


async def _to_contact(db: AsyncSession, message: Message, kind: MessageKind) -> Letter:
    contact = await db.get_one(Contact, message.contact_id)
    meter = await db.get_one(Meter, message.meter_id)
    match kind:
        case MessageKind.ALARM_A | MessageKind.ALARM_B:
            episode = await db.get_one(Alarm, message.cause_id)
            level = AlarmLevel(meter.alarm_level)
            holds = notice.warning_holds(kind, level, episode_open=episode.closed_at is None)
            facts = replace(_of_meter(meter), link=await _reminder(db, message, meter))
            return Letter(message, contact, facts, holds)
        case MessageKind.PURCHASE_TOKEN:
            purchase = await db.get_one(Purchase, message.cause_id)
            facts = _of_purchase(meter, purchase, await _tokens(db, purchase.id))
            return Letter(message, contact, facts, notice.token_helps(PurchaseState(purchase.state)))
        case _:
            purchase = await db.get_one(Purchase, message.cause_id)
            return Letter(message, contact, _of_purchase(meter, purchase), holds=True)


async def _rule(db: AsyncSession, message: Message) -> Letter:
    """What a rule asks its owner, or has to tell them."""
    rule = await db.get_one(TopUpRule, message.cause_id)
    meter = await db.get_one(Meter, rule.meter_id)
    wish = LinkWish(meter.id, LinkPurpose.RULE, rule.amount_minor, id=message.id)
    facts = replace(_of_meter(meter), amount_minor=rule.amount_minor, link=wish)
    return Letter(message, None, facts, holds=rule.stopped_at is None)


async def _reminder(db: AsyncSession, message: Message, meter: Meter) -> LinkWish:
    """A link with what would be sensible to pay now. Its row bears the message's id: one link a message."""
    account = await db.get_one(Account, meter.account_id)
    wallet = Wallet(meter.balance_minor, account.arrears_minor, meter.reclose_limit_minor, meter.daily_use_minor)
    return LinkWish(meter.id, LinkPurpose.REMINDER, suggested(wallet, Limits()), id=message.id)


def _of_proof(meter_number: str, proof_id: UUID) -> Facts:
    return Facts(meter_number, None, None, None, proof_id=proof_id)


def _of_meter(meter: Meter) -> Facts:
    balance = meter.balance_minor
    left = None if balance is None else days_left(balance, meter.daily_use_minor)
    return Facts(meter.number, balance, meter.balance_read_at, left, Supply(meter.supply))


def _of_purchase(meter: Meter, purchase: Purchase, tokens: tuple[str, ...] = ()) -> Facts:
    return Facts(
        meter_number=meter.number,
        balance_minor=purchase.balance_after_minor,
        read_at=purchase.credited_at,
        days_left=None,
        supply=_supply_since(meter, purchase.credited_at),
        amount_minor=purchase.amount_minor,
        arrears_minor=purchase.arrears_minor,
        credit_minor=purchase.credit_minor,
        tokens=tokens,
    )


def _supply_since(meter: Meter, at: datetime | None) -> Supply:
    """What was known before the credit says nothing about the light after it."""
    if at is None or meter.supply_read_at is None or meter.supply_read_at < at:
        return Supply.UNKNOWN
    return Supply(meter.supply)


async def _tokens(db: AsyncSession, purchase_id: UUID) -> tuple[str, ...]:
    issued = select(Token.digits).where(Token.purchase_id == purchase_id).order_by(col(Token.position))
    return tuple(await db.exec(issued))
