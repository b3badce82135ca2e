"""Files that hold no vectors, or ask what cannot be, are answered with what is wrong with them."""

import pytest

from meters_io.conformance.runner import run
from meters_io.conformance.shape import Entry, Family, JsonObject, parse
from meters_io.dlt645.frame import Frame, encode
from meters_io.errors import RemoteError
from tests.each import each


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe[]",
        b"[",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b"[1]",
        b'{"frames": 1}',
        b'{"frames": [1]}',
        b"[NaN]",
        b"[1e999999999999999999999]",
        b"[" + b"9" * 5000 + b"]",
    ],
    ids=range(12),
)
@each(Family)
def test_a_file_without_vectors_is_refused(family: Family, raw: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        parse(raw, family)
    assert caught.value.code == "bad_file"


SEALED = encode(Frame("201000000012", 0x1C, bytes.fromhex("9800000000000000") + bytes(20)))
READ = encode(Frame("201000000012", 0x91, bytes.fromhex("0000010056341200")))


@pytest.mark.parametrize(
    ("family", "said", "told"),
    [
        (
            Family.STS,
            {"kind": "misty1", "inputs": {"key": "0" * 32, "plaintext": "F" * 17}, "expected": {"ciphertext": "0"}},
            "plaintext has 64 bits",
        ),
        (
            Family.STS,
            {
                "kind": "sta_block_sample_tables",
                "inputs": {"key": "0" * 16, "plaintext": "0", "class": 5},
                "expected": {"token66": "0"},
            },
            "class has 2 bits",
        ),
        (Family.DLT645, {"hex": SEALED.hex(), "decoded": {"cmd": "trip"}}, "an order that cannot be read"),
        (Family.DLT645, {"hex": READ.hex(), "decoded": {"bits": ["other"]}}, "no refusal"),
    ],
    ids=range(4),
)
def test_an_entry_that_asks_what_cannot_be_is_told_why(family: Family, said: JsonObject, told: str) -> None:
    (verdict,) = run([Entry("one", said)], family)
    assert "runner" not in {each.field for each in verdict.differences}
    assert any(told in each.got for each in verdict.differences)
