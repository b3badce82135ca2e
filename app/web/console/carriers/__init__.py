"""Providers of messages: health and shares, trial mode, keys of other programs."""
