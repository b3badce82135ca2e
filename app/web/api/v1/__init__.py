"""The way in for other programs of the utility, version 1; docs/api says what is sent."""
