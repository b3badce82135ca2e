"""Calls to bytes and bytes to answers: Thrift's binary protocol over buffers. The one file that imports the library.

A frame is what travels between two lengths of the framed transport; this file knows no wire.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import thriftpy2
from thriftpy2.protocol.binary import TBinaryProtocol
from thriftpy2.thrift import TApplicationException, TMessageType
from thriftpy2.transport.memory import TMemoryBuffer

from headend_client.prism.errors import AnswerLost, ApiRefused

API_VERSION = "1.1"
_IDL = thriftpy2.load(str(Path(__file__).with_name("prismtoken.thrift")), module_name="prismtoken_thrift")


def make(name: str, **fields: object) -> object:
    """Return one of the structures of prismtoken.thrift."""
    return getattr(_IDL, name)(**fields)


def encode_call(method: str, number: int, arguments: Mapping[str, object]) -> bytes:
    """Return the frame of a call; `arguments` by the names of prismtoken.thrift."""
    call = getattr(_IDL.TokenApi, f"{method}_args")(**arguments)
    buffer = TMemoryBuffer()
    protocol = TBinaryProtocol(buffer)
    protocol.write_message_begin(method, TMessageType.CALL, number)
    protocol.write_struct(call)
    protocol.write_message_end()
    return cast(bytes, buffer.getvalue())


def decode_reply(method: str, number: int, frame: bytes) -> object:
    """Return what a call gave. Raises ApiRefused, or AnswerLost for anything that is no answer to this call."""
    try:
        result = _result(method, number, frame)
    except Exception as error:  # whatever bytes do to a library: there is no answer to be read in them
        raise AnswerLost(f"unreadable: {type(error).__name__}") from None
    refused = getattr(result, "ex1", None)
    if refused is not None:
        raise ApiRefused(str(refused.eCode), str(refused.eMsgEn))
    given: object = getattr(result, "success", None)
    if given is None:
        raise AnswerLost("unreadable: no result")
    return given


def _result(method: str, number: int, frame: bytes) -> object:
    protocol = TBinaryProtocol(TMemoryBuffer(frame))
    name, kind, echoed = protocol.read_message_begin()
    if (
        kind == TMessageType.EXCEPTION
    ):  # the far side's library gave up; what its program had done by then it cannot say
        trouble = TApplicationException()
        protocol.read_struct(trouble)
        raise trouble
    if (name, kind, echoed) != (method, TMessageType.REPLY, number):
        raise ValueError("an answer to something else")
    result: object = getattr(_IDL.TokenApi, f"{method}_result")()
    protocol.read_struct(result)
    return result
