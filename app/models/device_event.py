"""What devices report, and the persons who answer for them (SPEC H-11, N-7)."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.device_event import DeviceEventKind
from app.models.columns import key, moment, moment_or_none, one_of


class DeviceEvent(SQLModel, table=True):
    """One event of a concentrator or a meter, once per dedupe key. `detail`: codes and figures, joined by commas."""

    __tablename__ = "device_event"
    __table_args__ = (
        Index("device_events_open", "kind", "concentrator_id", "meter_id", postgresql_where=text("ended_at is null")),
        one_of("kind", DeviceEventKind),
    )

    id: UUID = key()
    kind: str
    concentrator_id: UUID = Field(foreign_key="concentrator.id", index=True)
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id", index=True)
    dedupe_key: str = Field(unique=True)
    detail: str = ""
    at: datetime = moment(index=True)
    ended_at: datetime | None = moment_or_none()


class AlarmScheme(SQLModel, table=True):
    """事项报警方案: which events of which concentrators are told to whom. Concentrators name theirs."""

    __tablename__ = "alarm_scheme"

    id: UUID = key()
    name: str = Field(unique=True)


class SchemeEvent(SQLModel, table=True):
    """An event that a scheme tells. `escalates_after_min`: how long the next step waits for an acknowledgement.

    `to_residents`: the people of the meter hear of it too.
    """

    __tablename__ = "scheme_event"
    __table_args__ = (
        UniqueConstraint("scheme_id", "kind"),
        CheckConstraint("escalates_after_min > 0", name="escalates_later"),
        one_of("kind", DeviceEventKind),
    )

    id: UUID = key()
    scheme_id: UUID = Field(foreign_key="alarm_scheme.id", index=True)
    kind: str
    escalates_after_min: int = 30
    to_residents: bool = False


class ResponsiblePerson(SQLModel, table=True):
    """责任人: somebody who answers for devices. Quiet hours are local; an event that is urgent does not heed them."""

    __tablename__ = "responsible_person"

    id: UUID = key()
    name: str
    phone: str | None = None
    email: str | None = None
    locale: str = "zh"
    quiet_from: time | None = None
    quiet_to: time | None = None
    left_at: datetime | None = moment_or_none()


class SchemePerson(SQLModel, table=True):
    """A person of a scheme. Those of step 1 are told first, the next when nobody has acknowledged in time."""

    __tablename__ = "scheme_person"
    __table_args__ = (
        UniqueConstraint("scheme_id", "person_id"),
        CheckConstraint("step between 1 and 9", name="step_in_range"),
    )

    id: UUID = key()
    scheme_id: UUID = Field(foreign_key="alarm_scheme.id", index=True)
    person_id: UUID = Field(foreign_key="responsible_person.id", index=True)
    step: int = 1


class DeviceAlarm(SQLModel, table=True):
    """An event that is being told to responsible persons until one of them has it in hand. `step`: the last told."""

    __tablename__ = "device_alarm"
    __table_args__ = (Index("device_alarms_open", "opened_at", postgresql_where=text("acknowledged_at is null")),)

    id: UUID = key()
    event_id: UUID = Field(foreign_key="device_event.id", unique=True)
    scheme_id: UUID = Field(foreign_key="alarm_scheme.id", index=True)
    step: int = 0
    opened_at: datetime = moment()
    acknowledged_at: datetime | None = moment_or_none()
    acknowledged_by: UUID | None = Field(default=None, foreign_key="responsible_person.id")
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    remark: str = ""
