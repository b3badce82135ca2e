"""Codes of this part of the console, and their English sentences."""

WORDS: dict[str, str] = {}
