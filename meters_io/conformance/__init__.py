"""Runs files of published vectors and frames against the codecs, and says where the two part.

    entries = shape.parse(raw, Family.DLT645)           the entries of a file
    verdicts = runner.run(entries, Family.DLT645)       one verdict an entry
    for line in verdict.lines(verdicts): print(line)    "N passed, N failed" at the end

What counts as the same value, and which spellings of it are taken, is written down in docs/conformance.md.
On a command line: `python -m meters_io.conformance dlt645 FILE`.
"""
