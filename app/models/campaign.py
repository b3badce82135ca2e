"""Bulk sends: reminders that staff send, and what an announcement tells its area (SPEC N-5, N-6)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.campaign import CampaignPurpose, CampaignState, ItemState
from app.domain.notice import MessageKind
from app.models.columns import key, minor_or_none, moment, moment_or_none, one_of, word


class Campaign(SQLModel, table=True):
    """One bulk send. Its items are planned before it begins, and turned into messages slice by slice.

    `choice` holds the filter as it was typed, for the record. `texts`: free words by locale and channel, empty where
    the templates of `kind` are used. `ceiling_minor`, `owing`: what must still be so when a reminder goes out
    (`app.domain.campaign.Reason`). `item_count`: how many it is for.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        one_of("purpose", CampaignPurpose),
        one_of("state", CampaignState),
        one_of("kind", MessageKind),
        CheckConstraint("rate > 0", name="rate_positive"),
        Index(
            "one_send_a_step",
            "announcement_id",
            "announcement_step",
            unique=True,
            postgresql_where=text("announcement_id is not null"),
        ),
    )

    id: UUID = key()
    name: str
    purpose: str
    kind: str
    state: str = word(CampaignState.DRAFT)
    announcement_id: UUID | None = Field(default=None, foreign_key="announcement.id", index=True)
    announcement_step: str = ""
    choice: dict[str, str | int | bool | list[str] | None] = Field(default_factory=dict, sa_type=JSON)
    texts: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    ceiling_minor: int | None = minor_or_none()
    owing: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    rate: int = 50
    item_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    made_by: UUID | None = Field(default=None, foreign_key="staff.id")
    made_at: datetime = moment(index=True)
    starts_at: datetime | None = moment_or_none()
    expires_at: datetime | None = moment_or_none()
    started_at: datetime | None = moment_or_none()
    ended_at: datetime | None = moment_or_none()
    ended_by: UUID | None = Field(default=None, foreign_key="staff.id")


class CampaignItem(SQLModel, table=True):
    """One account, or one address of a file, that a campaign is for, and what became of it.

    `line`: of the file that named it. `locale`: in which an address is written to.
    """

    __tablename__ = "campaign_item"
    __table_args__ = (
        UniqueConstraint("campaign_id", "place"),
        Index("campaign_items_waiting", "campaign_id", "place", postgresql_where=text("state = 'waiting'")),
        Index("campaign_meter_once", "campaign_id", "meter_id", unique=True, postgresql_where=text("address is null")),
        Index(
            "campaign_address_once",
            "campaign_id",
            "channel",
            "address",
            unique=True,
            postgresql_where=text("address <> ''"),  # what is wiped in the end is no address
        ),
        one_of("state", ItemState),
    )

    id: UUID = key()
    campaign_id: UUID = Field(foreign_key="campaign.id")
    place: int
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id", index=True)
    channel: str | None = None
    address: str | None = None
    locale: str | None = None
    line: int | None = None
    state: str = word(ItemState.WAITING)
    reason: str = ""


class CampaignFault(SQLModel, table=True):
    """A line of a recipient file that cannot be used. `value`: the beginning of what stood there."""

    __tablename__ = "campaign_fault"

    campaign_id: UUID = Field(foreign_key="campaign.id", primary_key=True)
    line: int = Field(primary_key=True)
    code: str
    value: str = ""
