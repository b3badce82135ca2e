"""One target under atheris, in a process of its own: `python -m tests.fuzz.drive MODULE TARGET [libFuzzer's options]`.

`MODULE` holds the catalogue `TARGETS`. Only the codecs are watched for coverage. libFuzzer ends the process: with 0
when it is done, with another number on a broken promise.
"""

import sys
from importlib import import_module

import atheris

from tests.fuzz.target import Target

with atheris.instrument_imports(include=["meters_io", "headend_client.handheld"], enable_loader_override=False):
    catalogue: dict[str, Target] = import_module(sys.argv.pop(1)).TARGETS


def main() -> None:
    """Fuzz the target that the second argument names."""
    target = catalogue[sys.argv.pop(1)]
    atheris.Setup([*sys.argv, f"-max_len={target.longest}"], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
