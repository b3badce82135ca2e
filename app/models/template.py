"""Templates that staff write; what nobody wrote is in the files that ship."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.notice import MessageKind
from app.domain.template import TemplateState
from app.models.account import ChannelName
from app.models.columns import key, moment, moment_or_none, one_of, word


class TemplateVersion(SQLModel, table=True):
    """One version of the words of a kind, in one language, over one channel. At most one of them is in use.

    `provider_codes`: by provider, the code under which it knows these words (Aliyun, WeChat) and the order or names of
    its variables, as that channel reads them.
    """

    __tablename__ = "template_version"
    __table_args__ = (
        UniqueConstraint("kind", "locale", "channel", "number"),
        Index(
            "one_template_in_use", "kind", "locale", "channel", unique=True, postgresql_where=text("state = 'in_use'")
        ),
        one_of("kind", MessageKind),
        one_of("channel", ChannelName),
        one_of("state", TemplateState),
    )

    id: UUID = key()
    kind: str
    locale: str
    channel: str
    number: int
    title: str = ""
    body: str
    provider_codes: dict[str, str | list[str]] = Field(default_factory=dict, sa_type=JSON)
    state: str = word(TemplateState.DRAFT)
    remark: str = ""
    written_by: UUID = Field(foreign_key="staff.id")
    written_at: datetime = moment()
    decided_by: UUID | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = moment_or_none()
