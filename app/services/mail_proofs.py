"""Mail addresses are told only after their owners agreed (SPEC R-7)."""

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK, add_once
from app.domain.notice import MessageKind, lifetime
from app.models import AddressProof, Contact, Message, Meter
from app.models.account import ChannelName
from app.services.drafts import Telling, draft
from app.services.ways import MOST_OF_A_KIND, WayError, contacts_of, next_position

_PROOFS_A_DAY = 5
_MAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST_MAIL = 254


async def ask_mail(db: AsyncSession, proof: AddressProof, now: datetime) -> None:
    """Write to a new mail address for its owner's consent; until then nothing else goes there. Raises WayError.

    `proof` comes with meter, resident, address and locale; the rest is set here.
    """
    address = proof.address.strip()
    if len(address) > _LONGEST_MAIL or not address.isascii() or not _MAIL.fullmatch(address):
        raise WayError("mail_bad")
    await db.get_one(Meter, proof.meter_id, with_for_update=LOCK)  # two at once are counted one after the other
    mails = [c for c in await contacts_of(db, proof.meter_id) if c.channel == ChannelName.EMAIL]
    if any(c.address.casefold() == address.casefold() for c in mails):
        raise WayError("mail_known")
    asked = select(func.count()).select_from(AddressProof).where(AddressProof.meter_id == proof.meter_id)
    today = (await db.exec(asked.where(col(AddressProof.made_at) > now - timedelta(days=1)))).one()
    if today >= _PROOFS_A_DAY or len(mails) >= MOST_OF_A_KIND:
        raise WayError("mail_too_many")
    proof.address, proof.made_at, proof.expires_at = address, now, now + lifetime(MessageKind.CONFIRM_ADDRESS)
    message = _request(proof)
    db.add_all([proof, message])
    await db.flush()
    await outbox.promise_sending(db, message.id, now, message.importance)


def _request(proof: AddressProof) -> Message:
    kind = MessageKind.CONFIRM_ADDRESS
    telling = Telling(kind, proof.id, str(proof.id), proof.address, ChannelName.EMAIL, proof.locale)
    message = draft(telling, proof.made_at)
    message.address = proof.address
    return message


async def open_proof(db: AsyncSession, proof_id: UUID, now: datetime) -> AddressProof | None:
    """A confirmation that still waits, locked; None for one that is over or was given."""
    proof = await db.get(AddressProof, proof_id, with_for_update=True)
    return proof if proof and proof.used_at is None and now < proof.expires_at else None


async def confirm_mail(db: AsyncSession, proof_id: UUID, now: datetime) -> None:
    """The owner agrees: the address is a contact of the account. Raises WayError("mail_over")."""
    proof = await open_proof(db, proof_id, now)
    if proof is None:
        raise WayError("mail_over")
    proof.used_at = now
    meter = await db.get_one(Meter, proof.meter_id)
    contact = Contact(
        id=uuid4(),
        account_id=meter.account_id,
        channel=ChannelName.EMAIL,
        address=proof.address,
        locale=proof.locale,
        position=await next_position(db, proof.meter_id),
    )
    await add_once(db, contact)
