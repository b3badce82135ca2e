"""A server that was given to us by its URL."""

from dataclasses import dataclass

from app.engines.errors import EnginesError


@dataclass(frozen=True, slots=True)
class GivenServer:
    """Somebody else's server: used as it is."""

    url: str

    def start(self) -> None:
        """Nothing to do: it runs, or whoever gave it to us has to see to it."""

    def stop(self) -> None:
        """Nothing to do: it is not ours to stop."""

    def kill(self) -> None:
        """Refuse: it is not ours to kill."""
        raise EnginesError("a server that was given by its URL is not ours to kill")
