"""Puts the stand-in module behind TLS, with Thrift's own framed transport, binary protocol and processor."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from thriftpy2.protocol import TCyBinaryProtocol
from thriftpy2.thrift import TProcessor
from thriftpy2.transport import TCyFramedTransport, TSocket, TTransportException

from headend_client.prism.config import Dialect, PrismConfig, PrismPlace, PrismTiming
from meters_io.sts.keys import VendingKey
from tests.serving import listening_socket
from tests.standins.mail import certificate
from tests.standins.prism import IDL, PASSWORD, REALM, USER, HangUp, PrismStandIn

QUICK = PrismTiming(connect_s=5, answer_s=5, whole_s=10, settle_s=60)


@dataclass
class PrismServer:
    """A listening module. `place`: how it is reached."""

    module: PrismStandIn
    listening: socket.socket = field(default_factory=listening_socket)
    lines: list[socket.socket] = field(default_factory=list)
    hands: list[threading.Thread] = field(default_factory=list)

    @property
    def place(self) -> PrismPlace:
        """Where it is, and who may come in."""
        port = self.listening.getsockname()[1]
        return PrismPlace("127.0.0.1", port, REALM, USER, PASSWORD, ca_file=str(certificate().file))

    def config(self, timing: PrismTiming = QUICK, dialect: Dialect | None = None) -> PrismConfig:
        """What an adapter needs to reach it."""
        return PrismConfig(self.place, dialect or Dialect(), timing)

    def begin(self, work: Callable[..., None], *given: object) -> None:
        """Do something in a thread that is waited for at the end."""
        hand = threading.Thread(target=work, args=given, daemon=True)
        self.hands.append(hand)
        hand.start()

    def serve(self) -> None:
        """Take callers until the socket is shut."""
        with suppress(OSError):
            while True:
                self.begin(self.talk, self.listening.accept()[0])

    def talk(self, bare: socket.socket) -> None:
        """Answer one caller until the line ends."""
        self.lines.append(bare)
        with suppress(OSError, TTransportException), self.context().wrap_socket(bare, server_side=True) as line:
            self.lines.append(line)
            carrier = TSocket()
            carrier.set_handle(line)
            frames = TCyFramedTransport(carrier)
            protocol, processor = TCyBinaryProtocol(frames), TProcessor(IDL.TokenApi, self.module)
            try:
                while True:
                    processor.process(protocol, protocol)
            except HangUp as hang_up:
                line.sendall(hang_up.raw)

    def context(self) -> ssl.SSLContext:
        """Its certificate, as its own authority."""
        return certificate().context

    def hang_up(self) -> None:
        """Cut every line."""
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self.lines.clear()

    def stop(self) -> None:
        """Take nobody any more and leave nobody behind."""
        self.module.open_up.set()
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.hang_up()
        for hand in self.hands:
            hand.join(5)


@contextmanager
def prism_server(keys: tuple[VendingKey, ...], now: Callable[[], datetime]) -> Iterator[PrismServer]:
    """Serve a module with these keys for the length of the block."""
    server = PrismServer(PrismStandIn(keys, now))
    server.begin(server.serve)
    try:
        yield server
    finally:
        server.stop()
