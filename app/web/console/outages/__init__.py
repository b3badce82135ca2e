"""Outage notices, and what keeps supply on: no-cut calendar, amnesty."""
