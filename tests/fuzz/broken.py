"""A catalogue whose one promise cannot be kept: it shows that a broken promise is found, kept and told."""

from tests.fuzz.frames import check_meter_bytes
from tests.fuzz.target import Target


def _check(raw: bytes) -> None:
    check_meter_bytes(raw)
    assert raw[:1] != b"\x16", "the promise that is broken on purpose"


TARGETS = {"broken": Target(_check, lambda: [b"\x68\x17", b"\x60\x16"], 4)}
