"""Devices as staff look at them: found, one by one, and those that something is wrong with."""
