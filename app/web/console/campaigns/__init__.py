"""Bulk sends: words, preview, cost, progress, pause and stop."""
