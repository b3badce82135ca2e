"""Meters on the bench, and tokens for them."""

from datetime import UTC, datetime, timedelta

from meters_io.sts.ciphers import cipher_of
from meters_io.sts.ciphers.sta import SAMPLE_TABLES
from meters_io.sts.keys import MeterConfig, VendingKey, decoder_key
from meters_io.sts.management import encode_management
from meters_io.sts.meter import Meter, MeterRules
from meters_io.sts.meter_state import manufactured
from meters_io.sts.tid import BaseDate, tid_at
from meters_io.sts.transfer import encode_credit
from tests.meters_io.sts.published import EA11_METER, KEY

MADE = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
NOW = MADE + timedelta(days=30)
TID = tid_at(NOW, BaseDate.Y2014)


def new_meter(
    key: VendingKey = KEY, config: MeterConfig = EA11_METER, rules: MeterRules | None = None, memory_size: int = 50
) -> Meter:
    """A meter made thirty days ago."""
    return Meter(manufactured(key, config, MADE, memory_size), rules or MeterRules(), SAMPLE_TABLES)


def managed(meter: Meter, subclass: int, value: int, tid: int = TID) -> str:
    """A management token for this meter, under the key it has now."""
    return encode_management(cipher_of(meter.state.ea, meter.state.key, SAMPLE_TABLES), subclass, value, tid, 5)


def credit(tid: int = TID, tenths: int = 100, key: VendingKey = KEY, config: MeterConfig = EA11_METER) -> str:
    """A credit token for the meter of this configuration."""
    return encode_credit(cipher_of(config.ea, decoder_key(key, config), SAMPLE_TABLES), 0, tenths, tid, 5)
