"""The rules, as pure functions over plain values. Standard library only: no clock, no socket, no database."""
