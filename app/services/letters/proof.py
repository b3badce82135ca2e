"""Codes and links by which somebody proves an address."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.models import AddressProof, LoginCode, Message, Meter
from app.services.letters.facts import Facts
from app.services.letters.letter import Letter, Loader


async def _login(db: AsyncSession, message: Message) -> Letter:
    code = await db.get_one(LoginCode, message.cause_id)
    return Letter(message, None, _of_proof("", code.id), code.used_at is None)


async def _address(db: AsyncSession, message: Message) -> Letter:
    proof = await db.get_one(AddressProof, message.cause_id)
    meter = await db.get_one(Meter, proof.meter_id)
    return Letter(message, None, _of_proof(meter.number, proof.id), proof.used_at is None)


def _of_proof(meter_number: str, proof_id: UUID) -> Facts:
    return Facts(meter_number, None, None, None, proof_id=proof_id)


LOADERS: dict[MessageKind, Loader] = {MessageKind.LOGIN_CODE: _login, MessageKind.CONFIRM_ADDRESS: _address}
