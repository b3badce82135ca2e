"""Figures about what was done, from the rows that it left."""
