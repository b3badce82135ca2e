"""What a codec raises.

ValueError
  CodecError        code, field
    LocalError      we were asked to build something that cannot be built: our bug
    RemoteError     the far side sent something that cannot be read: theirs
"""


class CodecError(ValueError):
    """A value that has no form on the wire, or bytes that have no value.

    `code` is stable and meant for programs; `field` names the part of the message, where one is to blame.
    """

    def __init__(self, message: str, *, code: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


class LocalError(CodecError):
    """We were asked to build something that the protocol cannot carry."""


class RemoteError(CodecError):
    """The far side sent something that the protocol does not allow."""
