"""One engine process: found again or started, stopped, killed."""

import json
import os
import secrets
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import psutil

from app.engines.errors import EnginesError
from app.engines.places import Account, own_directory
from app.engines.ports import free_port, is_free
from app.engines.processes import await_end, bare_environment, kill, processes_in, runs

_START_S = 30.0
_STOP_S = 15.0
_POLL_S = 0.02
_AGAIN_S = 0.2
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Record:
    """What a later run must know to use the same engine."""

    port: int
    password: str


class OwnServer(ABC):
    """An engine of ours whose files lie in `home`. Once started, its URL stays the same."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, home: Path, runs_as: Account | None, *, durable: bool) -> None:
        """`durable`: what was committed outlives a power cut; if not, it outlives a kill only."""
        self.durable = durable
        self.runs_as = runs_as
        self.base = home / self.name
        self._note = home / f"{self.name}.json"
        self._log = home / f"{self.name}.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._process: psutil.Process | None = None
        self._url_is_known = False
        self._record = self._recall() or Record(free_port(), secrets.token_urlsafe(24))

    @property
    @abstractmethod
    def url(self) -> str:
        """The address, with the password in it."""

    @property
    @abstractmethod
    def data(self) -> Path:
        """The directory in `base` that the server's command line names."""

    @property
    def record(self) -> Record:
        """Port and password."""
        return self._record

    def start(self) -> None:
        """Return when the engine answers, whether it was found running or had to be started.

        Raises EnginesError with the end of its log if it takes longer than 30 s or ends ten times.
        """
        own_directory(self.base, 0o700, self.runs_as)
        self._process = self._find()
        if self._process is None:
            kill(processes_in(self.base))  # what a first start left that was itself cut short
            self._remember()  # before the password is built into the data
            self.prepare()
        until, tries = time.monotonic() + _START_S, 0
        while not self.answers():
            lives = runs(self._process)
            if time.monotonic() > until or (tries == _TRIES and not lives):
                self.kill()
                raise EnginesError(f"{self.name} does not start:\n{self._last_words()}")
            if lives:
                time.sleep(_POLL_S)
                continue
            tries += 1
            self._try()
        self._url_is_known = True

    def join(self) -> None:
        """Return when the engine that another run of ours keeps answers. EnginesError after 30 s."""
        until = time.monotonic() + _START_S
        while not self._note.exists() or not self.answers():
            if time.monotonic() > until:
                raise EnginesError(f"another run keeps {self.base}, but {self.name} does not answer")
            time.sleep(_POLL_S)
            self._record = self._recall() or self._record

    def stop(self) -> None:
        """Let the engine close its files; kill it if that takes longer than 15 s."""
        if self._process is not None and runs(self._process):
            with suppress(psutil.Error):
                self._process.send_signal(self.stop_signal)
            await_end([self._process], _STOP_S)
        self.kill()

    def kill(self) -> None:
        """End the engine and its children at once (SIGKILL)."""
        if self._process is not None:
            kill([self._process])
        if self._child is not None:
            self._child.wait()
        self._process = self._child = None

    def run_as_told(self, command: list[str]) -> None:
        """Run a program to its end as the account that runs the engine. EnginesError with its words if it fails."""
        account = self.runs_as
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.base,
            env=bare_environment(),
            umask=0o077,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
        if done.returncode:
            raise EnginesError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    @abstractmethod
    def answers(self) -> bool:
        """Whether this very engine is ready for clients."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what the engine needs on disk before it can be started. Called before each start."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line, with `data` as a word of it."""

    @abstractmethod
    def first_words(self) -> bytes:
        """What the engine is told on its standard input: secrets, which a command line would show to all."""

    def _find(self) -> psutil.Process | None:
        """The engine, if one runs on our data: left by a run that was killed."""
        named = [process for process in processes_in(self.data) if runs(process)]
        return named[0] if named else None

    def _try(self) -> None:
        if self._child is not None:  # it went away again: perhaps its forerunner has not yet let go of everything
            self._child.wait()
            time.sleep(_AGAIN_S)
        if not self._url_is_known and not is_free(self._record.port):
            self._record = Record(free_port(), self._record.password)
            self._remember()
        self._spawn()

    def _spawn(self) -> None:
        account = self.runs_as
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.base,
                env=bare_environment(),
                start_new_session=True,  # Ctrl-C is for the programs, which need their engine while they end
                umask=0o077,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        with suppress(psutil.NoSuchProcess, BrokenPipeError):  # it may be gone already: the caller looks
            self._process = psutil.Process(self._child.pid)
            with self._child.stdin as ear:  # type: ignore[union-attr]
                ear.write(self.first_words())

    def _remember(self) -> None:
        fresh = self._note.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as note:
            json.dump(asdict(self._record), note)
        fresh.replace(self._note)

    def _recall(self) -> Record | None:
        try:
            return Record(**json.loads(self._note.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _last_words(self) -> str:
        try:
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])
        except OSError as silence:
            return str(silence)
