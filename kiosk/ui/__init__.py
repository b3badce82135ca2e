"""The screens of the terminal: by touch, and as eight lines with a keypad."""

from kiosk.ui.program import make_ui

__all__ = ["make_ui"]
