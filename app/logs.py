"""One line a fact: time, process, where from, what. Never keys, tokens, phone numbers or frames."""

import logging

_QUIET = ("httpx2", "httpcore2", "alembic", "uvicorn", "arq", "twilio", "aiosmtpd", "mail")


def set_up(process: str, level: int = logging.INFO) -> None:
    """Send log lines of this process to standard error."""
    logging.basicConfig(level=level, format=f"%(asctime)s {process:<10} %(message)s", datefmt="%H:%M:%S", force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
