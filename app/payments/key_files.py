"""What holds for the key files of every provider."""

import stat
from pathlib import Path

LEAST_BITS = 2048
_OTHERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP


def open_to_others(path: str) -> str:
    """What is wrong with who may read or write a private key; empty for nothing, and for a file that is not there."""
    try:
        mode = Path(path).stat().st_mode if path else 0
    except OSError:
        return ""  # whoever reads the key says so
    return f"{path}: others may read or write it; chmod 600 {path}" if mode & _OTHERS else ""
