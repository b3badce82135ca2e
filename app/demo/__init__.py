"""A small utility in one command: seeded data, simulated meters, and every program under one supervisor."""
