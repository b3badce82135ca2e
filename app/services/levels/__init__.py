"""Alarm levels as staff set them: policies, single accounts, and many accounts at once."""
