"""Why a verb could not begin.

HeadEndError
+- Unreachable     surely nothing was sent that could change a meter: try again later at no risk
+- SessionClosed   the link went down; raised inside the package, verbs turn it into Unreachable or Unknown
"""


class HeadEndError(Exception):
    """Base of this package's errors."""


class Unreachable(HeadEndError):
    """There is no way to the meter now, and nothing was sent."""


class SessionClosed(HeadEndError):
    """The link to the concentrator ended. `sent` says whether bytes of the current exchange had left."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent
