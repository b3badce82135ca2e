"""The second step of a sign-in: time-based one-time codes (RFC 6238) and recovery codes (OWASP ASVS 4.0.3, 2.5 to 2.8).

The secret lies enciphered, bound to its owner; a code of one step of time opens once, and so does no older one.
"""

import hashlib
import hmac
import secrets
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.proving import same
from app.models import Audit, RecoveryCode, SignInTries, Staff
from app.services.tries import SignInLocked, count_try, forget_tries

STEP_S = 30
RECOVERY_CODES = 10
_DRIFT = (0, -1, 1)  # steps by which a clock may be off, RFC 6238, 5.2
_NONCE_BYTES = 12
_RECOVERY_BYTES = 10  # 80 bits, 16 letters


class EnrolmentRefused(ValueError):
    """The first code was not right, or what came back is not what we showed. `code`: code_wrong, enrolment_over."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that nobody uses yet. `uri` is what the QR code holds, `sealed` what comes back with the first code."""

    secret: str
    uri: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a typed code was right; `locked_until`: no further try before then."""

    right: bool
    locked_until: datetime | None = None


def begin_enrolment(person: Staff, issuer: str, key: str) -> Enrolment:
    """A new secret for somebody's device. `key`: session secret."""
    return _enrolment(pyotp.random_base32(), person, issuer, key)


def same_enrolment(sealed: str, person: Staff, issuer: str, key: str) -> Enrolment:
    """The secret that was shown before, to be shown again. Raises EnrolmentRefused."""
    return _enrolment(_opened(sealed, person.id, key), person, issuer, key)


def _enrolment(secret: str, person: Staff, issuer: str, key: str) -> Enrolment:
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name=issuer)
    return Enrolment(secret, uri, seal(secret, person.id, key))


async def enrol(db: AsyncSession, staff_id: UUID, answer: tuple[str, str], key: str, now: datetime) -> tuple[str, ...]:
    """Take a device into use and return new recovery codes, which are shown once. Raises EnrolmentRefused.

    `answer`: the sealed secret, and the first code that the device shows for it.
    """
    sealed, typed = answer
    secret = _opened(sealed, staff_id, key)
    step = _step_of(secret, typed, now, after=None)
    if step is None:
        raise EnrolmentRefused("code_wrong")
    person = await db.get_one(Staff, staff_id, with_for_update=True)
    person.totp_sealed, person.totp_since, person.totp_last_step = seal(secret, staff_id, key), now, step
    db.add(Audit(staff_id=staff_id, act="second_step_set", subject_id=staff_id, at=now))
    return await renew_recovery_codes(db, staff_id, key, now)


async def renew_recovery_codes(db: AsyncSession, staff_id: UUID, key: str, now: datetime) -> tuple[str, ...]:
    """Ten new codes; those before open nothing any more."""
    await db.execute(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff_id))
    codes = tuple(b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES))
    db.add_all([RecoveryCode(staff_id=staff_id, code_hash=_code_hash(code, staff_id, key)) for code in codes])
    db.add(Audit(staff_id=staff_id, act="recovery_codes_made", subject_id=staff_id, at=now))
    await db.flush()
    return tuple("-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes)


async def codes_left(db: AsyncSession, staff_id: UUID) -> int:
    """How many recovery codes somebody has not used."""
    unused = select(func.count()).where(col(RecoveryCode.staff_id) == staff_id, col(RecoveryCode.used_at).is_(None))
    return (await db.exec(unused)).one()


async def prove(db: AsyncSession, staff_id: UUID, typed: str, key: str, now: datetime) -> Proof:
    """Compare what was typed with the device's codes and the recovery codes; each opens once.

    To be committed whatever the answer: wrong ones are counted and lock as wrong passwords do.
    """
    try:
        tries = await count_try(db, _mark(staff_id), now)
    except SignInLocked as locked:
        return Proof(False, locked.until)
    person = await db.get_one(Staff, staff_id, with_for_update=True)
    if _device_says(person, typed, key, now) or await _use_recovery_code(db, staff_id, typed, key, now):
        await forget_tries(db, _mark(staff_id))
        return Proof(True)
    _note_failure(db, staff_id, tries, now)
    return Proof(False, tries.locked_until)


async def remove(db: AsyncSession, staff_id: UUID, by: UUID, now: datetime) -> None:
    """Nobody proves anything with this device or these codes any more."""
    person = await db.get_one(Staff, staff_id, with_for_update=True)
    person.totp_sealed = person.totp_since = person.totp_last_step = None
    await db.execute(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff_id))
    db.add(Audit(staff_id=by, act="second_step_removed", subject_id=staff_id, at=now))


def seal(secret: str, staff_id: UUID, key: str) -> str:
    """Encipher (AES-256-GCM), so that it opens for this person only. ValueError without a key."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return urlsafe_b64encode(nonce + AESGCM(_cipher_key(key)).encrypt(nonce, secret.encode(), staff_id.bytes)).decode()


def _opened(sealed: str, staff_id: UUID, key: str) -> str:
    try:
        raw = urlsafe_b64decode(sealed.encode())
        return AESGCM(_cipher_key(key)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], staff_id.bytes).decode()
    except (InvalidTag, NotBase64, ValueError):
        raise EnrolmentRefused("enrolment_over") from None


@cache
def _cipher_key(key: str) -> bytes:
    if not key:
        raise ValueError("RELIGHT_SESSION_SECRET is not set")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"relight staff second step").derive(key.encode())


def _device_says(person: Staff, typed: str, key: str, now: datetime) -> bool:
    """Is it a code of the device, newer than the last that was used? Then it is the last."""
    if person.totp_sealed is None or person.totp_since is None:
        return False
    try:
        secret = _opened(person.totp_sealed, person.id, key)
    except EnrolmentRefused:
        return False  # the session secret was changed: recovery codes are void too, an administrator resets
    step = _step_of(secret, typed, now, after=person.totp_last_step)
    person.totp_last_step = step if step is not None else person.totp_last_step
    return step is not None


def _step_of(secret: str, typed: str, now: datetime, after: int | None) -> int | None:
    """The step of time whose code was typed, among this one and its neighbours, and later than `after`."""
    device, this = pyotp.TOTP(secret, interval=STEP_S), int(now.timestamp()) // STEP_S
    right = [this + drift for drift in _DRIFT if same(typed, device.generate_otp(this + drift))]
    return next((step for step in right if after is None or step > after), None)


async def _use_recovery_code(db: AsyncSession, staff_id: UUID, typed: str, key: str, now: datetime) -> bool:
    plain = "".join(c for c in typed[:64].upper() if c.isalnum())
    mine = update(RecoveryCode).where(col(RecoveryCode.code_hash) == _code_hash(plain, staff_id, key))
    unused = mine.where(col(RecoveryCode.staff_id) == staff_id, col(RecoveryCode.used_at).is_(None))
    used = (await db.execute(unused.values(used_at=now).returning(col(RecoveryCode.id)))).first()
    if used is not None:
        db.add(Audit(staff_id=staff_id, act="recovery_code_used", subject_id=staff_id, at=now))
    return used is not None


def _code_hash(plain: str, staff_id: UUID, key: str) -> str:
    return hmac.new(_cipher_key(key), staff_id.bytes + plain.encode(), hashlib.sha256).hexdigest()


def _mark(staff_id: UUID) -> str:
    return hashlib.sha256(b"second step " + staff_id.bytes).hexdigest()


def _note_failure(db: AsyncSession, staff_id: UUID, tries: SignInTries, now: datetime) -> None:
    act = "second_step_locked" if tries.locked_until else "second_step_failed"
    db.add(Audit(staff_id=staff_id, act=act, subject_id=staff_id, detail={"failures": tries.failures}, at=now))
