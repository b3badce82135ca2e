"""Meters that come and go: exchanges, commissioning, and sales that are undone (SPEC H-7, H-13, M-12)."""
