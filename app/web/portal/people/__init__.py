"""Signing in, my meters, and how I want to be warned."""
