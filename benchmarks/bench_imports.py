"""How long a program waits for the codecs, in fresh interpreters.

Run it with `python -m benchmarks.bench_imports`. Measured inside the new interpreter, in seconds of the processor, the
best of several. What the interpreter has loaded for itself by then is not in it; what the codecs take from the standard
library is, and no site-packages have loaded any of that before. The baseline is an interpreter that imports nothing.
"""

import subprocess
import sys
from pathlib import Path
from pkgutil import walk_packages

import meters_io
from benchmarks.table import Line

PROTOCOLS = ("sts", "dlt645", "gdw1376")
_ENTRIES = {
    "packages": ["meters_io", *(f"meters_io.{name}" for name in PROTOCOLS)],
    "sts_tokens": ["meters_io.sts.transfer", "meters_io.sts.keys"],
    "dlt645_frames": ["meters_io.dlt645.frame", "meters_io.dlt645.reader"],
    "gdw1376_frames": ["meters_io.gdw1376.frame", "meters_io.gdw1376.reader"],
}
_ROUNDS = 9
_ROOT = Path(__file__).resolve().parents[1]
_MEASURE = "from time import process_time as t; a = t(); import {0}; print(t() - a)"
_WHOLE = "from time import process_time as t; print(t())"


def measure() -> dict[str, float]:
    """Return milliseconds: the packages, their frames and tokens, every module of each protocol; the interpreter."""
    codes = {name: _MEASURE.format(", ".join(modules)) for name, modules in _ENTRIES.items()}
    codes |= {f"{name}_all": _MEASURE.format(", ".join(modules_of(f"meters_io.{name}"))) for name in PROTOCOLS}
    codes["interpreter"] = _WHOLE
    rounds = [{name: _milliseconds(code) for name, code in codes.items()} for _ in range(_ROUNDS)]
    return {name: min(each[name] for each in rounds) for name in codes}


def lines() -> list[Line]:
    """Return the rows of the table."""
    found = measure()
    titles = {
        "packages": "import of meters_io and its three packages",
        "dlt645_frames": "import of DL/T 645 frames and streams",
        "gdw1376_frames": "import of 1376.1 frames and streams",
        **{f"{name}_all": f"import of every module of {name}" for name in PROTOCOLS},
    }
    rows = [Line(title, found[name], "ms", found[name] / found["interpreter"], 30) for name, title in titles.items()]
    return [*rows, Line("  an interpreter that imports nothing, the baseline", found["interpreter"], "ms", 1.0)]


def modules_of(package: str) -> list[str]:
    """Return the dotted names of a package of `meters_io` and of all modules below it."""
    names = [module.name for module in walk_packages(meters_io.__path__, "meters_io.")]
    return [name for name in names if f"{name}.".startswith(f"{package}.")]


def _milliseconds(code: str) -> float:
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(_ROOT)!r}); {code}"]
    return 1000 * float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:20} {value:8.1f} ms")
