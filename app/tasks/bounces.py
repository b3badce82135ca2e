"""Reads the maildir that bounces are delivered to. A mail is put aside only after what it says is on record."""

import asyncio
import logging
from collections import Counter
from pathlib import Path

from app.context import Deps
from app.domain.mail_back import MOST_BYTES
from app.services.mail_back import Heard, Letterbox, hear
from app.settings import Settings

log = logging.getLogger(__name__)

_MOST_A_ROUND = 200


def letterbox(settings: Settings) -> Letterbox | None:
    """The mailbox of this installation; None where none is set."""
    secret = settings.session_secret.get_secret_value()
    return Letterbox(settings.mail_bounce_address, secret) if settings.mail_bounce_address and secret else None


async def read_bounces(deps: Deps) -> None:
    """Hear every mail that is new. One that breaks us stays where it is, and the others are heard."""
    box, where = letterbox(deps.settings), deps.settings.bounce_maildir
    if box is None or not where:
        return
    heard: Counter[str] = Counter()
    for path in await asyncio.to_thread(_new, Path(where)):
        try:
            heard[await _hear(deps, path, box)] += 1
        except Exception as error:
            log.warning("bounce %s not heard: %s", path.name, type(error).__name__)
            heard["failed"] += 1
    if heard:
        log.info("mail that came back: %s", ", ".join(f"{count} {how}" for how, count in sorted(heard.items())))
    await deps.bell.ring_quietly()


async def _hear(deps: Deps, path: Path, box: Letterbox) -> Heard:
    raw = await asyncio.to_thread(_read, path)
    async with deps.begin() as db:
        how = await hear(db, raw, "", box, deps.now())
    await asyncio.to_thread(_put_aside, path)
    return how


def _new(maildir: Path) -> list[Path]:
    new = maildir / "new"
    return sorted(each for each in new.iterdir() if each.is_file())[:_MOST_A_ROUND] if new.is_dir() else []


def _read(path: Path) -> bytes:
    with path.open("rb") as mail:
        return mail.read(MOST_BYTES)


def _put_aside(path: Path) -> None:
    """To cur/, marked as seen (maildir: what is in new/ nobody has read yet)."""
    aside = path.parent.parent / "cur"
    aside.mkdir(exist_ok=True)
    path.rename(aside / f"{path.name}:2,S")
