"""Tests of the embedded engines: each starts real ones."""
