"""Versions of templates: written by one, put in use by another; the shipped words are version 0 (SPEC N-4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.domain.rules import TemplateRules
from app.domain.template import TemplateState, may_move
from app.i18n import Locale
from app.models import Audit, Staff, TemplateVersion
from app.models.account import ChannelName
from app.services.rulebook import rules
from app.services.wording import Source, Wording
from app.services.wording.check import BadWords, check
from app.settings import Settings

Codes = dict[str, str | list[str]]


class NotAllowed(ValueError):
    """A step that cannot be taken now. `code`: `own_words` (another person must approve), `wrong_state`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Written:
    """Words as somebody wrote them, and the codes under which providers know them."""

    wording: Wording
    source: Source
    provider_codes: Codes = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A version with the names of who wrote and who decided."""

    version: TemplateVersion
    writer: str
    decider: str


async def in_use(db: AsyncSession, wording: Wording) -> TemplateVersion | None:
    """The version that speaks; None: the words that ship."""
    wanted = select(TemplateVersion).where(*_of(wording), TemplateVersion.state == TemplateState.IN_USE)
    return (await db.exec(wanted)).one_or_none()


async def speaking(db: AsyncSession, wording: Wording) -> TemplateVersion | None:
    """As `in_use`, read once a transaction: a batch of messages says the same words many times."""
    kept: dict[Wording, TemplateVersion | None] = db.info.setdefault("speaking", {})
    if wording not in kept:
        kept[wording] = await in_use(db, wording)
    return kept[wording]


def _of(wording: Wording) -> tuple[bool, ...]:
    row = TemplateVersion
    return (row.kind == wording.kind, row.locale == wording.locale, row.channel == wording.channel)


def wording_of(version: TemplateVersion) -> Wording:
    """What a version speaks of, to whom, and how."""
    return Wording(MessageKind(version.kind), Locale(version.locale), ChannelName(version.channel))


async def live_versions(db: AsyncSession) -> Mapping[Wording, list[TemplateVersion]]:
    """Everything that is not over: drafts, what waits, and what is in use; newest first."""
    over = (TemplateState.RETIRED, TemplateState.REFUSED)
    wanted = select(TemplateVersion).where(col(TemplateVersion.state).not_in(over))
    found: dict[Wording, list[TemplateVersion]] = {}
    for version in await db.exec(wanted.order_by(col(TemplateVersion.number).desc())):
        found.setdefault(wording_of(version), []).append(version)
    return found


async def history(db: AsyncSession, wording: Wording) -> list[Past]:
    """Every version, newest first."""
    rows = list(
        await db.exec(select(TemplateVersion).where(*_of(wording)).order_by(col(TemplateVersion.number).desc()))
    )
    ids = {person for row in rows for person in (row.written_by, row.decided_by) if person}
    names = {person.id: person.name for person in await db.exec(select(Staff).where(col(Staff.id).in_(ids)))}
    return [Past(row, names.get(row.written_by, ""), _name(names, row.decided_by)) for row in rows]


def _name(names: Mapping[UUID, str], staff_id: UUID | None) -> str:
    return names.get(staff_id, "") if staff_id else ""


async def write(
    db: AsyncSession, written: Written, staff_id: UUID, settings: Settings, now: datetime
) -> TemplateVersion:
    """Keep words as a draft: the writer's own open draft is changed, else a version is begun. Raises BadWords."""
    await _lock(db, written.wording)
    findings = check(written.wording, written.source, settings, await rules(db, TemplateRules))
    if grave := tuple(found for found in findings if found.grave):
        raise BadWords(grave)
    version = await _draft(db, written.wording, staff_id) or await _next(db, written.wording, staff_id, now)
    version.title, version.body = written.source.title, written.source.body
    version.provider_codes, version.remark, version.written_at = written.provider_codes, written.remark, now
    db.add(version)
    _audit(db, "template_written", version, staff_id, now)
    await db.flush()
    return version


async def _lock(db: AsyncSession, wording: Wording) -> None:
    """One writer of one wording at a time: numbers are counted, and one version is in use."""
    await db.exec(select(func.pg_advisory_xact_lock(func.hashtext(f"template:{wording.name}"))))


async def _draft(db: AsyncSession, wording: Wording, staff_id: UUID) -> TemplateVersion | None:
    wanted = select(TemplateVersion).where(
        *_of(wording), TemplateVersion.state == TemplateState.DRAFT, TemplateVersion.written_by == staff_id
    )
    return (await db.exec(wanted)).first()


async def _next(db: AsyncSession, wording: Wording, staff_id: UUID, now: datetime) -> TemplateVersion:
    last = (await db.exec(select(func.max(TemplateVersion.number)).where(*_of(wording)))).one()
    return TemplateVersion(
        id=uuid4(),
        kind=wording.kind,
        locale=wording.locale,
        channel=wording.channel,
        number=(last or 0) + 1,
        body="",
        written_by=staff_id,
        written_at=now,
    )


async def ask(db: AsyncSession, version_id: UUID, staff_id: UUID, now: datetime) -> TemplateVersion:
    """Ask for approval; where none is needed the version is in use at once. Raises NotAllowed, NoResultFound."""
    version = await _at_hand(db, version_id, TemplateState.ASKED)
    if not (await rules(db, TemplateRules)).approval_needed:
        return await _put_in_use(db, version, staff_id, now)
    version.state = TemplateState.ASKED
    _audit(db, "template_asked", version, staff_id, now)
    return version


async def approve(db: AsyncSession, version_id: UUID, staff_id: UUID, remark: str, now: datetime) -> TemplateVersion:
    """Put a version in use; the one before is retired. Nobody approves their own words. Raises NotAllowed."""
    version = await _at_hand(db, version_id, TemplateState.IN_USE)
    if version.written_by == staff_id and (await rules(db, TemplateRules)).approval_needed:
        raise NotAllowed("own_words")
    version.remark = remark or version.remark
    return await _put_in_use(db, version, staff_id, now)


async def refuse(db: AsyncSession, version_id: UUID, staff_id: UUID, remark: str, now: datetime) -> TemplateVersion:
    """Send words back, with a reason. Raises NotAllowed."""
    version = await _at_hand(db, version_id, TemplateState.REFUSED)
    version.state, version.remark = TemplateState.REFUSED, remark
    version.decided_by, version.decided_at = staff_id, now
    _audit(db, "template_refused", version, staff_id, now)
    return version


async def restore_shipped(db: AsyncSession, wording: Wording, staff_id: UUID, now: datetime) -> bool:
    """Let the words that ship speak again; say whether others did until now."""
    await _lock(db, wording)
    old = await in_use(db, wording)
    if old is None:
        return False
    old.state = TemplateState.RETIRED
    _audit(db, "template_restored", old, staff_id, now)
    return True


async def _at_hand(db: AsyncSession, version_id: UUID, wanted: TemplateState) -> TemplateVersion:
    version = await db.get_one(TemplateVersion, version_id)
    await _lock(db, wording_of(version))
    await db.refresh(version, with_for_update=True)
    if not may_move(TemplateState(version.state), wanted):
        raise NotAllowed("wrong_state")
    return version


async def _put_in_use(db: AsyncSession, version: TemplateVersion, staff_id: UUID, now: datetime) -> TemplateVersion:
    old = await in_use(db, wording_of(version))
    if old is not None and old.id != version.id:
        old.state = TemplateState.RETIRED
        await db.flush()  # before the other: one at a time is in use, and the database sees to it
    version.state, version.decided_by, version.decided_at = TemplateState.IN_USE, staff_id, now
    _audit(db, "template_in_use", version, staff_id, now)
    await db.flush()
    return version


def _audit(db: AsyncSession, act: str, version: TemplateVersion, staff_id: UUID, now: datetime) -> None:
    detail: dict[str, str | int | None] = {"template": wording_of(version).name, "number": version.number}
    if version.remark:
        detail["remark"] = version.remark
    db.add(Audit(staff_id=staff_id, act=act, subject_id=version.id, detail=detail, at=now))
