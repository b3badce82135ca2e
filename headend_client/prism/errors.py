"""How a call to the module ends badly. None of them shows what was sent.

PrismError
+- NotSent       surely nothing left us that could make a token
+- AnswerLost    it may have arrived, and no answer came that can be read
+- ApiRefused    the module's own word
"""


class PrismError(Exception):
    """Base of this package's errors; they stay inside it. `reason`: a short word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSent(PrismError):
    """There is no way to the module, or no turn in time."""


class AnswerLost(PrismError):
    """What became of the call is known to the module alone."""


class ApiRefused(PrismError):
    """An ApiException: `reason` is its eCode, cut to the letters such a word has. `text` is not for logs."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__("".join(char for char in reason[:40] if char.isalnum() or char in "_-.,"))
        self.text = text
