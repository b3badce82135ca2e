"""DL/T 645-2007: the meter's own protocol, both the master's side and the meter's."""
