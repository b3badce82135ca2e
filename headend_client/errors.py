"""Why a verb could not begin, and why a front-end cannot start.

HeadEndError
+- Unreachable     surely nothing was sent that could change a meter: try again later at no risk
+- SessionClosed   the link went down; raised inside the package, verbs turn it into Unreachable or Unknown
+- Rival           a login under the address of a concentrator whose link another process proves
+- KeyFileError    the software security module cannot use its key file or its journal: a person must look
+- ModuleError     a security module cannot be opened as it is set up: a person must look
"""


class HeadEndError(Exception):
    """Base of this package's errors."""


class Unreachable(HeadEndError):
    """There is no way to the meter now, and nothing was sent that could change it. The text is a code."""

    @property
    def reason(self) -> str:
        """The code; where nothing was said, there was no link."""
        return str(self) or "no_link"


class SessionClosed(HeadEndError):
    """The link to the concentrator ended. `sent` says whether bytes of the current exchange had left."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Rival(HeadEndError):
    """Another process holds the link of a concentrator, and it answers there."""


class KeyFileError(HeadEndError):
    """A key file or token journal that is missing, damaged or not ours to open. The text says what to do."""


class ModuleError(HeadEndError):
    """A security module whose settings do not do. The text says which one to look at."""
