"""Carries messages to people: a worker on the queue `messages`, and the channels it sends through."""
