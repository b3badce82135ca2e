"""Published and constructed sample frames, with the fields they decode to."""

import json
from dataclasses import dataclass
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

CHINA = timezone(timedelta(hours=8))
_VECTORS = Path(__file__).parent / "vectors"


@dataclass(frozen=True)
class Sample:
    """One frame of a vector file; `decoded` holds its fields as that file words them."""

    id: str
    raw: bytes
    decoded: dict[str, Any]


def load(name: str) -> list[Sample]:
    """Return all samples of `name`, published ones first."""
    file = json.loads((_VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    lines = file["frames"] + file["constructed"]
    return [Sample(line["id"], bytes.fromhex(line["hex"]), line["decoded"]) for line in lines]


DLT645 = load("dlt645_frames")
GDW1376 = load("gdw1376_frames")
