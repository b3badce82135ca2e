"""Bytes from the module: what Thrift's own code writes is read, and anything else is an answer that was lost."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thriftpy2.protocol.binary import TBinaryProtocol
from thriftpy2.thrift import TApplicationException, TMessageType
from thriftpy2.transport.memory import TMemoryBuffer

from headend_client.prism.errors import AnswerLost, ApiRefused
from headend_client.prism.messages import decode_reply, encode_call, make
from tests.standins.prism import IDL


def written(kind: int, said: object, method: str = "fetchTokenResult", number: int = 7) -> bytes:
    """A message as Thrift's own code writes it."""
    buffer = TMemoryBuffer()
    protocol = TBinaryProtocol(buffer)
    protocol.write_message_begin(method, kind, number)
    protocol.write_struct(said)
    return bytes(buffer.getvalue())


def reply(**fields: object) -> bytes:
    """A reply to fetchTokenResult."""
    return written(TMessageType.REPLY, IDL.TokenApi.fetchTokenResult_result(**fields))


GOOD = reply(success=[IDL.Token(drn="07000000013", tokenDec="1" * 20, transferAmount=1.5)])


def test_a_call_is_what_thrift_reads() -> None:
    frame = encode_call("ping", 7, {"sleepMs": 3, "echo": "灯"})
    protocol = TBinaryProtocol(TMemoryBuffer(frame))
    assert protocol.read_message_begin() == ("ping", TMessageType.CALL, 7)
    arguments = IDL.TokenApi.ping_args()
    protocol.read_struct(arguments)
    assert (arguments.sleepMs, arguments.echo) == (3, "灯")


def test_a_reply_is_read_into_its_structures() -> None:
    given_back = decode_reply("fetchTokenResult", 7, GOOD)
    assert isinstance(given_back, list)
    (token,) = given_back
    assert (token.drn, token.tokenDec, token.transferAmount, token.tid) == ("07000000013", "1" * 20, 1.5, None)


def test_an_error_is_the_module_s_word_and_its_text_is_kept_apart() -> None:
    frame = reply(ex1=IDL.ApiException(eCode="ESm\nX-Forged: 1", eMsgEn="Security Module error '43'"))
    with pytest.raises(ApiRefused) as raised:
        decode_reply("fetchTokenResult", 7, frame)
    assert (raised.value.reason, raised.value.text) == ("ESmX-Forged1", "Security Module error '43'")


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        reply(),
        written(TMessageType.EXCEPTION, TApplicationException(6, "internal error")),
        written(TMessageType.REPLY, IDL.TokenApi.fetchTokenResult_result(success=[]), number=8),
        written(TMessageType.REPLY, IDL.TokenApi.fetchTokenResult_result(success=[]), method="ping"),
        written(TMessageType.CALL, IDL.TokenApi.fetchTokenResult_result(success=[])),
    ],
)
def test_what_is_no_answer_to_the_call_is_an_answer_lost(frame: bytes) -> None:
    with pytest.raises(AnswerLost):
        decode_reply("fetchTokenResult", 7, frame)


def survives(read: Callable[[], object]) -> None:
    """It is read, or it is one of the two ways to fail."""
    try:
        read()
    except (AnswerLost, ApiRefused):
        return


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_else(frame: bytes) -> None:
    survives(lambda: decode_reply("fetchTokenResult", 7, frame))


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_no_changed_byte_does_anything_else(place: int, byte: int) -> None:
    survives(lambda: decode_reply("fetchTokenResult", 7, GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]))


@given(st.integers(0, len(GOOD) - 1))
def test_a_cut_answer_is_an_answer_lost(place: int) -> None:
    with pytest.raises(AnswerLost):
        decode_reply("fetchTokenResult", 7, GOOD[:place])


def test_secrets_of_a_sign_in_do_not_show_in_what_it_raises() -> None:
    frame = encode_call("signInWithPassword", 1, {"password": "hidden", "sessionOpts": make("SessionOptions")})
    with pytest.raises(AnswerLost) as raised:
        decode_reply("signInWithPassword", 1, frame)
    assert "hidden" not in repr(raised.value)
