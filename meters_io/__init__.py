"""Sans-I/O codecs for metering links: bytes in, values out, and back.

Standard library only. Nothing in here reads a clock, opens a socket, logs, or draws a random number;
whoever calls passes those in. Every decoder raises `meters_io.errors.CodecError` for bad input and nothing
else.
"""
