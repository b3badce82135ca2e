"""`python -m app.engines clean`: remove what the engines of this clone left on disk."""

import shutil
import sys

from app.engines.homes import remove
from app.engines.places import seat


def main(words: list[str]) -> int:
    """Return the exit code."""
    if words != ["clean"]:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    place = seat(None)
    remove(place)
    shutil.rmtree(place, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
