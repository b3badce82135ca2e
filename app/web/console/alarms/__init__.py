"""Alarm levels: policies, accounts one by one and in bulk, levels from real use."""
