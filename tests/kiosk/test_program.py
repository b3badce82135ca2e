"""The program itself: its journal, its rounds, its command line."""

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from app import cli
from kiosk import main
from kiosk.errors import StateDamaged
from kiosk.journal import HeldToken, Journal, Kind
from kiosk.settings import KioskSettings
from kiosk.status import status_route
from kiosk.store import FILE, Store
from tests.clocks import MONDAY_MORNING
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.kiosk.box import Box
from tests.serving import listening_socket, served

TOKEN = "12345678901234567890"


@pytest.mark.parametrize(
    "change", ["delete from act", "delete from entry", "update act set kind = 'x'", "update entry set kind = 'x'"]
)
async def test_the_journal_can_only_grow(box: Box, change: str) -> None:
    await box.terminal.counter.enter_token(box.token(), STS_NUMBER)
    db = sqlite3.connect(box.settings.state_dir / FILE)
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute(change)
    db.close()


async def test_an_act_ends_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    journal = Journal(store)
    held = await journal.begin_token(HeldToken(0, STS_NUMBER, STS_NUMBER.zfill(12), TOKEN), MONDAY_MORNING)
    again = await journal.begin_token(HeldToken(0, STS_NUMBER, STS_NUMBER.zfill(12), TOKEN), MONDAY_MORNING)
    assert again.act == held.act
    assert await journal.end(held.act, MONDAY_MORNING, {"outcome": "unknown"}, settled=False) == 1
    assert len(await journal.held_tokens()) == 1
    assert await journal.end(held.act, MONDAY_MORNING, {"outcome": "used"}) == 2
    assert await journal.end(held.act, MONDAY_MORNING, {"outcome": "used"}) is None
    assert [entry.body["outcome"] for entry in await journal.untold(9)] == ["unknown", "used"]
    assert await journal.held_tokens() == []
    store.close()


async def test_what_was_told_is_not_told_again_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for _ in range(3):
        await Journal(store).note(Kind.STARTED, MONDAY_MORNING)
    await Journal(store).told(2)
    await Journal(store).told(1)  # a late answer to an earlier telling
    store.close()
    store = Store(tmp_path)
    assert [entry.number for entry in await Journal(store).untold(9)] == [3]
    assert await Journal(store).queue() == (1, 3)
    assert await Journal(store).next_sequence() == 1
    store.close()


async def test_a_new_unit_goes_on_numbering_where_the_old_one_stopped(tmp_path: Path) -> None:
    store = Store(tmp_path)
    journal = Journal(store)
    await journal.begin_after(7)
    assert await journal.note(Kind.STARTED, MONDAY_MORNING) == 8
    await journal.begin_after(3)
    assert await journal.note(Kind.STARTED, MONDAY_MORNING) == 9
    assert [entry.number for entry in await journal.untold(9)] == [8, 9]
    store.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "kiosk.example", ""])
def test_the_screens_are_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        KioskSettings(host=host)
    assert KioskSettings(host="::1").host == "::1"


def test_a_damaged_journal_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("this is no database, however long it is" * 50)
    with pytest.raises(StateDamaged, match="enrol again"):
        Store(tmp_path)


async def test_the_rounds_bring_a_terminal_up_to_date_by_themselves(box: Box) -> None:
    await box.terminal.counter.enter_token(box.token(), STS_NUMBER)
    running = asyncio.create_task(box.terminal.sync.run())
    async with asyncio.timeout(5):
        while not (box.platform.beats and len(box.platform.entries) == 3):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await box.terminal.counter.works()).paying


async def test_the_status_page_tells_technicians_how_it_is(box: Box) -> None:
    async with served(Starlette(routes=[status_route(box.terminal.counter)])) as url, httpx2.AsyncClient() as client:
        said = (await client.get(f"{url}/status")).json()
    assert (said["state"], said["tokens"], said["health"]["door"]) == ("open", True, "none")


@pytest.mark.slow
async def test_the_program_serves_without_a_network_and_leaves_in_good_order(box: Box) -> None:
    await box.stop()
    listening = listening_socket()
    port = listening.getsockname()[1]
    listening.close()
    settings = {"KIOSK_STATE_DIR": str(box.settings.state_dir), "KIOSK_PORT": str(port), "KIOSK_PRINTER": "dummy"}
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "kiosk", "run",
        env={**os.environ, **settings, "KIOSK_PLATFORM_URL": "http://127.0.0.1:1"}, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(30), httpx2.AsyncClient(trust_env=False) as client:
        said = await _once_up(client, f"http://127.0.0.1:{port}/status")
        program.send_signal(signal.SIGTERM)
        assert await program.wait() == 0
    assert (said["state"], said["paying"], said["printing"]) == ("open", False, True)
    await box.start()
    await box.tell()
    assert box.platform.kinds() == ["started", "started", "started"]


async def _once_up(client: httpx2.AsyncClient, url: str) -> dict[str, object]:
    while True:
        try:
            said = (await client.get(url)).json()
        except httpx2.TransportError:
            await asyncio.sleep(0.05)
            continue
        assert isinstance(said, dict)
        return said


def test_the_command_line_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["relight", "kiosk", "enrol"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "the code is missing" in capsys.readouterr().err


def test_a_terminal_that_is_not_enrolled_says_so_and_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(main, "settings", lambda: KioskSettings(state_dir=tmp_path))
    assert main.run() == 2
    assert "relight kiosk enrol CODE" in capsys.readouterr().err


def test_every_setting_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs/howto/set-up-a-kiosk.md").read_text(encoding="utf-8")
    assert [name for name in KioskSettings.model_fields if f"`KIOSK_{name.upper()}`" not in page] == []
