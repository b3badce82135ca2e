"""Devices on the console: found on the grid, read, ordered, watched (SPEC H-3, H-10, B-1, B-5)."""
