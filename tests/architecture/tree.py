"""The files of the repository, as the checks see them."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "notifier", "kiosk", "headend_client", "meters_io")
_NOT_OURS = {".git", ".venv", "var", "build", "node_modules"}


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, in the repository; paths are relative to its root."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
        found = [Path(name) for name in listed if name]
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive
        found = [path.relative_to(ROOT) for path in ROOT.rglob("*") if _is_ours(path.relative_to(ROOT))]
    return tuple(sorted(path for path in found if (ROOT / path).is_file()))


def python_files(*tops: str) -> Iterator[Path]:
    """The Python files below the given top directories (all if none is given)."""
    return (path for path in files() if path.suffix == ".py" and (not tops or path.parts[0] in tops))


def read(path: Path) -> str:
    """The text of a file of ours; what is no text (a picture) reads as nothing."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def _is_ours(path: Path) -> bool:
    return not _NOT_OURS.intersection(path.parts) and "__pycache__" not in path.parts
