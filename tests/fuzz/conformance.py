"""Files of the conformance runner: any file is refused or run to its end, and no entry meets a fault of the runner."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from meters_io.conformance.runner import run
from meters_io.conformance.shape import Family, parse
from meters_io.errors import CodecError

_VECTORS = Path(__file__).parents[1] / "meters_io" / "vectors"
_FILES = {
    Family.STS: "sts_vectors.json",
    Family.DLT645: "dlt645_frames.json",
    Family.GDW1376: "gdw1376_frames.json",
}


def check_file(family: Family, raw: bytes) -> None:
    """Nothing but a `CodecError` comes out of the reading, and a verdict on each entry out of the run."""
    try:
        entries = parse(raw, family)
    except CodecError:
        return
    for verdict in run(entries, family):
        faults = [each for each in verdict.differences if each.field == "runner"]
        assert not faults, f"{verdict.id}: {faults}"


def check_of(family: Family) -> Callable[[bytes], None]:
    """Return the check of one family of files."""
    return partial(check_file, family)


def seeds_of(family: Family) -> Callable[[], list[bytes]]:
    """Return what makes files of one entry each."""
    return partial(_files_of_one, family)


def _files_of_one(family: Family) -> list[bytes]:
    whole = json.loads((_VECTORS / _FILES[family]).read_text(encoding="utf-8"))
    if isinstance(whole, list):
        return [json.dumps([entry]).encode() for entry in whole]
    return [json.dumps({"frames": [entry]}).encode() for entry in whole["frames"] + whole["constructed"]]
