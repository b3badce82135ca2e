"""Tariffs. One flat price for now; sets and switch dates come with the head-end catalogue."""

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import key


class Tariff(SQLModel, table=True):
    """Price of energy in 1/10000 of the currency unit per kWh, as meters hold it (NNNN.NNNN)."""

    __tablename__ = "tariff"
    __table_args__ = (CheckConstraint("price_e4 > 0", name="price_positive"),)

    id: UUID = key()
    name: str = Field(unique=True)
    price_e4: int
