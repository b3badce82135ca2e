"""Customers: found by balance and place, exported, chosen for a reminder."""
