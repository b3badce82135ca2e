"""What the command takes, and its help. Imports none of the codecs, so that parsing a command line stays cheap."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

ABOUT = """Run a file of published vectors or frames against the codecs.

sts: each vector is computed from its inputs and compared with what it expects. dlt645, gdw1376: each frame is
decoded, built again from its fields, compared byte for byte, and compared with the fields that the file gives.
Ends with "N passed, N failed". Exit code: 0 nothing failed, 1 something did, 2 the file cannot be run."""
EXAMPLES = """examples:
  %(prog)s sts sts_vectors.json
  %(prog)s sts sts_vectors.json --sta-tables operational.json
  %(prog)s dlt645 dlt645_frames.json

EA07 vectors of real meters need the operational tables: a JSON object with the lists sub1 and sub2 (16 numbers each)
and perm (64). Without them the published sample tables serve, and such vectors fail."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what the command takes to a parser, and its help."""
    parser.description, parser.epilog = ABOUT, EXAMPLES
    parser.formatter_class = RawDescriptionHelpFormatter
    families = ("sts", "dlt645", "gdw1376")
    parser.add_argument("family", choices=families, metavar="|".join(families), help="what the file is about")
    parser.add_argument("file", type=Path, metavar="FILE", help="the file, JSON")
    parser.add_argument("--sta-tables", type=Path, metavar="FILE", help="the tables of EA07, JSON (sts only)")
