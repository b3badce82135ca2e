"""Doors for other people's machines. They bear signatures of their own, no cookies."""
