"""How the carrier of messages behaves to each number: a file that the rehearsal channel reads."""

import json
from pathlib import Path

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.stories import SCRIPTED
from app.models import Account, Contact, Customer
from app.models.account import ChannelName

EVERYBODY = "*"
CONDUCTS = ("arrives", "rejects", "fails", "silent")


def read(path: Path) -> dict[str, str]:
    """Who behaves how now."""
    try:
        said = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {str(who): str(how) for who, how in said.items()} if isinstance(said, dict) else {}


def switch(path: Path, who: str, conduct: str) -> None:
    """Let a number, or everybody, behave so from the next message on."""
    told = {**read(path), who: conduct}
    kept = {name: how for name, how in told.items() if how != CONDUCTS[0] or name == EVERYBODY}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(kept))
    fresh.replace(path)  # never half a file


async def numbers(db: AsyncSession) -> list[tuple[str, str]]:
    """The numbers of the households with a part to play, and whose they are."""
    rows = (
        select(Contact.address, Customer.name)
        .where(Contact.channel == ChannelName.SMS, Account.id == Contact.account_id)
        .where(Customer.id == Account.customer_id)
        .order_by(col(Contact.address))
        .limit(sum(2 if story.family else 1 for story in SCRIPTED))
    )
    return [(address, name) for address, name in await db.exec(rows)]
