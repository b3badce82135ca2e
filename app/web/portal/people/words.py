"""Codes of these pages become sentences here (app.web.words)."""

WORDS: dict[str, str] = {}
