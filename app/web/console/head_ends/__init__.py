"""Existing head ends on the console: joined, changed, looked after (SPEC H-8)."""
