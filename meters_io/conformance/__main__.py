"""`python -m meters_io.conformance sts|dlt645|gdw1376 FILE`, for whoever has the codecs alone."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from meters_io.conformance.command import conform
from meters_io.conformance.options import add_arguments
from meters_io.conformance.shape import Family


def main() -> int:
    """Run the file that was named; return the exit code."""
    parser = ArgumentParser("python -m meters_io.conformance")
    add_arguments(parser)
    asked = parser.parse_args()
    return conform(Family(asked.family), asked.file, asked.sta_tables, _say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
