"""What goes wrong with the embedded engines."""


class EnginesError(Exception):
    """An engine cannot be had; the message says what to do about it.

    Exception
      EnginesError
    """
