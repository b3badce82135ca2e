"""One account as customer service sees it: its meters, how it is reached, what it was told last."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Account, Concentrator, Contact, Customer, GridNode, Message, Meter, Suppression
from app.services.suppressions import listed_as

_MESSAGES = 15
_MOST_NODES = 3000


@dataclass(frozen=True, slots=True)
class Reached:
    """One contact. `left_alone`: the scopes of what nothing is sent for; empty where everything is."""

    contact: Contact
    left_alone: tuple[str, ...]
    stands_in_for: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """An account with everything around it. Names and addresses are whole: whoever shows them masks them by role."""

    account: Account
    customer: Customer
    meters: Sequence[tuple[Meter, str]]
    contacts: Sequence[Reached]
    messages: Sequence[Message]


async def view(db: AsyncSession, number: str) -> CustomerPage | None:
    """The account of this number; None if there is none."""
    account = (await db.exec(select(Account).where(Account.number == number))).first()
    if account is None:
        return None
    places = select(Meter, GridNode.name).where(Meter.account_id == account.id).order_by(col(Meter.number))
    places = places.join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    meters = (await db.exec(places.join(GridNode, col(GridNode.id) == col(Concentrator.node_id)))).all()
    return CustomerPage(
        account=account,
        customer=await db.get_one(Customer, account.customer_id),
        meters=[(meter, area) for meter, area in meters],
        contacts=await _contacts(db, account),
        messages=await _messages(db, account, [meter for meter, _ in meters]),
    )


async def _contacts(db: AsyncSession, account: Account) -> list[Reached]:
    wanted = select(Contact).where(Contact.account_id == account.id).order_by(col(Contact.position))
    contacts = (await db.exec(wanted)).all()
    listed = select(Suppression).where(
        col(Suppression.address).in_([listed_as(c.channel, c.address) for c in contacts])
    )
    found = (await db.exec(listed.where(col(Suppression.lifted_at).is_(None)))).all()
    by_id = {each.id: each for each in contacts}
    return [
        Reached(
            each,
            tuple(
                row.scope
                for row in found
                if (row.channel, row.address) == (each.channel, listed_as(each.channel, each.address))
            ),
            by_id[each.stands_in_for_id].address if each.stands_in_for_id in by_id else "",
        )
        for each in contacts
    ]


async def _messages(db: AsyncSession, account: Account, meters: Sequence[Meter]) -> Sequence[Message]:
    its = col(Message.meter_id).in_([meter.id for meter in meters])
    wanted = select(Message).where(its | (col(Message.account_id) == account.id))
    return (await db.exec(wanted.order_by(col(Message.created_at).desc()).limit(_MESSAGES))).all()


async def areas(db: AsyncSession) -> list[tuple[str, str, int]]:
    """Id, name and depth of the grid's nodes, each below its parent: what customers are narrowed down by."""
    wanted = sql_select(col(GridNode.id), col(GridNode.name), col(GridNode.path)).limit(_MOST_NODES)
    names: dict[str, str] = {}
    paths = []
    for node_id, name, path in await db.execute(wanted):
        names[str(node_id)] = name
        paths.append(path)
    ordered = sorted(paths, key=lambda path: [names.get(part, "") for part in path.split("/")])
    return [(path.rsplit("/", 1)[-1], names[path.rsplit("/", 1)[-1]], path.count("/")) for path in ordered]
