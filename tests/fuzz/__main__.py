"""`make fuzz`: every target for its share of the time, or the named ones; `--replay` one input again."""

import argparse
import sys
from pathlib import Path

from tests.fuzz.run import Plan, is_possible, run
from tests.fuzz.targets import TARGETS
from tests.fuzz.together import TARGETS as TOGETHER

_ALL = {**TARGETS, **TOGETHER}  # the second for inputs that the suite's short form has kept


def main() -> int:
    """Return 0 when every promise held or atheris is not here, 1 when one was broken, 130 when stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=0.25, help="for each target (0.25)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="call one target with the bytes of FILE")
    told = parser.parse_args()
    unknown = [name for name in told.targets if name not in (_ALL if told.replay else TARGETS)]
    if unknown or (told.replay and len(told.targets) != 1):
        parser.error(f"no such target: {unknown[0]}" if unknown else "--replay wants one target")
    if told.replay:
        _ALL[told.targets[0]].check(told.replay.read_bytes())
        print("the promise holds for this input")
        return 0
    if not is_possible():
        print("atheris runs on Linux on x86_64 only and is not installed here: `make test` calls the same targets.")
        return 0
    try:
        return run(told.targets or list(TARGETS), Plan(seconds=round(told.minutes * 60)))
    except KeyboardInterrupt:
        print("\nstopped; what was found so far is kept, and the next run goes on from there")
        return 130


if __name__ == "__main__":
    sys.exit(main())
