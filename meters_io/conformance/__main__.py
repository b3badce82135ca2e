"""`python -m meters_io.conformance sts|dlt645|gdw1376 FILE`, for whoever has the codecs alone."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

from meters_io.conformance.command import ABOUT, EXAMPLES, add_arguments, conform
from meters_io.conformance.shape import Family


def main() -> int:
    """Run the file that was named; return the exit code."""
    parser = ArgumentParser(
        "python -m meters_io.conformance",
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    asked = parser.parse_args()
    return conform(Family(asked.family), asked.file, asked.sta_tables, _say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
