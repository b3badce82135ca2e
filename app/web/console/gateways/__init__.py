"""Gateways that we dial: the list, and one of them."""
