"""The demo's secrets: made once per installation, at random, and kept in files for their owner's eyes."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

SGC = "201457"
KRN = 1
TI = 1
HEAD_END_KEY = "relight-demo"


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """Hex texts. The passphrase opens the key file; the others sign cookies, the sandbox's callbacks and what goes to
    the existing head end."""

    esam_master: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    vending_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    relay_password: str = field(default_factory=lambda: "02" + secrets.token_hex(3), repr=False)
    key_passphrase: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    head_end: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    session: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    sandbox: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)


def load_or_make(path: Path) -> DemoSecrets:
    """Return the secrets of this demo, made at its first start; one that came later is made when it is missed."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    held = DemoSecrets(**known)
    if asdict(held) != known:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(held)), encoding="utf-8")
    return held
