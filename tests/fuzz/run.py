"""Runs targets one after the other, each in a process of its own, and says what came of it."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.target import Target

ROOT = Path(__file__).resolve().parents[2]
_PROGRESS = re.compile(r"#(\d+)\s+(?:NEW|REDUCE|pulse|DONE|INITED)\s+cov: (\d+)")


@dataclass(frozen=True)
class Plan:
    """How long each target runs: `seconds`, or exactly `runs` inputs.

    `kept`: where inputs live between runs. `catalogue`: the module whose `TARGETS` are meant.
    """

    seconds: int = 15
    runs: int | None = None
    seed: int = 0
    kept: Path = field(default_factory=lambda: ROOT / "var" / "fuzz")
    catalogue: str = "tests.fuzz.targets"


def is_possible() -> bool:
    """Whether atheris is here: there are wheels for Linux on x86_64 only."""
    return find_spec("atheris") is not None


def run(names: list[str], plan: Plan) -> int:
    """Fuzz each target; return 0 when all kept their promises, else 1."""
    targets: dict[str, Target] = import_module(plan.catalogue).TARGETS
    broken = [name for name in names if not _ran_well(name, targets[name], plan)]
    print(f"{len(names) - len(broken)} of {len(names)} targets kept their promises")
    return 1 if broken else 0


def _ran_well(name: str, target: Target, plan: Plan) -> bool:
    folder = plan.kept / name
    corpus, seeds = folder / "corpus", folder / "seeds"
    for each in (corpus, seeds):
        each.mkdir(parents=True, exist_ok=True)
    for place, raw in enumerate(target.seeds()):
        (seeds / f"{place:04}").write_bytes(raw)
    limit = f"-runs={plan.runs}" if plan.runs else f"-max_total_time={plan.seconds}"
    options = [limit, f"-seed={plan.seed}", "-timeout=10", "-rss_limit_mb=1024", f"-artifact_prefix={folder}{os.sep}"]
    command = [sys.executable, "-m", "tests.fuzz.drive", plan.catalogue, name, *options, str(corpus), str(seeds)]
    before = set(folder.iterdir())
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = _followed(name, process)
    if process.returncode == 0 and any(line.startswith("Done ") for line in said):
        return True
    _tell(name, said, sorted(set(folder.iterdir()) - before))
    return False


def _followed(name: str, process: "subprocess.Popen[str]") -> list[str]:
    """Show how far the process is on one line; return all it said."""
    said: list[str] = []
    assert process.stdout is not None
    again = "\r" if sys.stdout.isatty() else ""
    latest = "no input yet"
    for line in process.stdout:
        said.append(line)
        if found := _PROGRESS.match(line):
            latest = f"{name:20} {int(found[1]):12,} inputs, {found[2]} places reached"
            if again:
                print(again + latest, end="   ", flush=True)
    print(again + latest)
    return said


def _tell(name: str, said: list[str], inputs: list[Path]) -> None:
    """Say what broke, where the input lies, and how to see it again."""
    print("".join(line for line in said if not line.startswith(("#", "INFO:", "WARNING:")))[-4000:])
    for path in inputs:
        print(f"the input is kept as {path}; see it again with:")
        print(f"    python -m tests.fuzz --replay {path} {name}")
