"""Terminals: let in, known by their signature, looked after, and told of their metering box."""
