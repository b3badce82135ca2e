"""Stripe over its stand-in."""
