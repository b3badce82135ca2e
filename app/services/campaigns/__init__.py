"""Bulk sends: made from customers or from a file, sent slice by slice, watched and stopped (SPEC N-5, N-6)."""

from app.services.campaigns.outages import start_outage

__all__ = ["start_outage"]
