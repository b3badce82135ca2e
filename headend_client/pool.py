"""Which link leads to which concentrator."""

from headend_client.session import Session
from headend_client.target import ConcentratorAddress


class Pool:
    """The sessions of this process, one an address."""

    def __init__(self) -> None:
        self._sessions: dict[ConcentratorAddress, Session] = {}

    def find(self, address: ConcentratorAddress) -> Session | None:
        """Return the link to a concentrator, if it has one here."""
        return self._sessions.get(address)

    def put(self, session: Session) -> Session | None:
        """Take a new link in; return the older one of the same address that it replaces."""
        older = self._sessions.get(session.address)
        self._sessions[session.address] = session
        return older

    def drop(self, session: Session) -> bool:
        """Take a link out; False if a newer one has replaced it."""
        if self._sessions.get(session.address) is not session:
            return False
        del self._sessions[session.address]
        return True

    def sessions(self) -> tuple[Session, ...]:
        """Return every link there is now."""
        return tuple(self._sessions.values())
