"""TCP ports of the loopback interface."""

import secrets
import socket

HOST = "127.0.0.1"
# Below the range from which systems take the local ports of outgoing connections. A client that keeps knocking
# at a killed engine could otherwise be given the engine's own port, connect to itself and bar its restart.
_CHOICE = range(15_000, 32_000)


def free_port() -> int:
    """A port that nobody listens on at this moment, drawn at random so that two copies rarely meet."""
    while True:
        port = secrets.choice(_CHOICE)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
