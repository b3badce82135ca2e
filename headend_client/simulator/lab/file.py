"""A laboratory in a file of its own: JSON, as `LabSpec` has it."""

import json
from pathlib import Path

from headend_client.simulator.errors import WorldError
from headend_client.simulator.lab.spec import LabSpec
from headend_client.simulator.plain import from_plain


def load_lab(path: Path) -> LabSpec:
    """Read a laboratory; WorldError names the place of what is wrong, OSError."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as wrong:
        raise WorldError("lab", f"this is no JSON: {wrong}") from None
    return from_plain(LabSpec, plain, "lab")
