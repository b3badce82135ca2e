"""Files that hold no vectors are refused with what is wrong, whatever they hold."""

import pytest

from meters_io.conformance.shape import Family, parse
from meters_io.errors import RemoteError


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
@pytest.mark.parametrize("family", Family)
def test_a_file_without_vectors_is_refused(raw: bytes, family: Family) -> None:
    with pytest.raises(RemoteError) as caught:
        parse(raw, family)
    assert caught.value.code == "bad_file"
