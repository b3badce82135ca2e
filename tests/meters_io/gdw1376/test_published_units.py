"""What the published frames set, answer and report, value by value in the order of the wire."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from meters_io.gdw1376.frame import decode
from meters_io.gdw1376.message import read_message, write_message
from tests.meters_io.samples import GDW1376, Sample

AFNS = (0x04, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E)
MINE = [sample for sample in GDW1376 if int(sample.decoded["afn"], 16) in AFNS]
REPORTED = [sample for sample in MINE if sample.decoded["afn"] == "0E"]


def leaves(value: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON, or a tree of ours
    """Yield the values of a tree in its order, numbers exact; those without fields or entries have none."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
        return
    yield Decimal(str(value)) if isinstance(value, int | float | Decimal) else value


@pytest.mark.parametrize("sample", [each for each in MINE if each not in REPORTED], ids=lambda sample: sample.id)
def test_every_value_stands_where_the_frame_says_it_does(sample: Sample) -> None:
    message = read_message(decode(sample.raw))
    assert (message.trouble, len(message.units)) == ("", len(sample.decoded["units"]))
    for unit, told in zip(message.units, sample.decoded["units"], strict=True):
        assert (list(unit.identifier.points), list(unit.identifier.functions), unit.trouble) == (
            told["p"],
            told["f"],
            "",
        )
        if "raw" not in told:
            assert list(leaves(unit.value)) == list(leaves(told.get("v", {})))
    assert write_message(message) == decode(sample.raw)


@pytest.mark.parametrize("sample", REPORTED, ids=lambda sample: sample.id)
def test_every_event_has_its_code_and_its_time(sample: Sample) -> None:
    (unit,) = read_message(decode(sample.raw)).units
    assert isinstance(unit.value, dict)
    told = sample.decoded["units"][0]["v"]
    pointers = [unit.value[name] for name in ("important", "normal", "first", "last")]
    assert pointers == [told[name] for name in ("ec1", "ec2", "pm", "pn")]
    events = list(codes_and_times(unit.value["events"]))
    assert events == [(event["erc"], event["time"]) for event in told["ev"]]


def codes_and_times(events: Any) -> Iterator[tuple[int, str]]:  # noqa: ANN401
    """Yield code and time of each event; the time is the first field of its content."""
    for event in events:
        yield event["erc"], next(iter(event["content"].values()))


def test_item_sets_of_a_user_class_are_bitmaps_of_functions() -> None:
    (sample,) = [each for each in MINE if each.id == "set-F38"]
    (unit,) = read_message(decode(sample.raw)).units
    assert unit.value == {"user_class": 1, "sets": [{"sub_class": 1, "items": [0xFF]}]}
