"""Who the terminal is to the platform, and what it does when it is told no."""

import asyncio
import stat
from pathlib import Path

import pytest

from kiosk import identity
from kiosk.answers import MeterCard, Source, State
from kiosk.errors import KioskError, NotEnrolled, StateDamaged
from kiosk.main import enrol_here
from kiosk.settings import KioskSettings
from kiosk.shapes import MeterView, Trouble
from tests.clocks import Clock
from tests.headend_client.simulator.bench import STS_NUMBER
from tests.kiosk.box import Box
from tests.kiosk.conftest import Boxes
from tests.standins.platform import CODE, Cut


async def test_the_key_stays_here_and_only_its_owner_reads_it(box: Box) -> None:
    path = box.settings.state_dir / identity.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((box.settings.state_dir / "journal.db").stat().st_mode) == 0o600


async def test_an_enrolment_code_works_once(box: Box) -> None:
    with pytest.raises(KioskError, match="nobody waits for this code"):
        await enrol_here(box.settings, CODE)


async def test_enrolment_says_when_the_platform_is_not_there(tmp_path: Path) -> None:
    settings = KioskSettings(platform_url="http://127.0.0.1:1", state_dir=tmp_path)
    with pytest.raises(KioskError, match="KIOSK_PLATFORM_URL"):
        await enrol_here(settings, CODE)
    assert not (tmp_path / identity.FILE).exists()


def test_without_an_enrolment_the_terminal_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotEnrolled, match="relight kiosk enrol"):
        identity.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"kiosk": 1, "name": "x", "key": "AA==", "relay_password_hex": ""}'])
def test_a_damaged_identity_is_said_to_be_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / identity.FILE
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(StateDamaged):
        identity.load(tmp_path)


async def test_a_key_that_others_may_read_is_not_used(box: Box) -> None:
    (box.settings.state_dir / identity.FILE).chmod(0o644)
    with pytest.raises(StateDamaged, match="chmod 600"):
        identity.load(box.settings.state_dir)


async def test_every_request_bears_a_good_signature_and_a_new_number(box: Box) -> None:
    for _ in range(3):
        await box.terminal.counter.look(STS_NUMBER)
    await box.terminal.sync.beat()
    assert box.platform.refusals == []
    assert len(box.platform.nonces) == 5
    assert box.platform.sequence == 5


async def test_numbers_go_on_after_a_restart(box: Box) -> None:
    await box.restart()
    await box.terminal.sync.beat()
    assert box.platform.refusals == []


async def test_requests_that_overtake_each_other_all_get_through(box: Box) -> None:
    views = await asyncio.gather(*(box.terminal.platform.meter(STS_NUMBER) for _ in range(6)))
    assert all(isinstance(view, MeterView) for view in views)


async def test_a_journal_from_an_older_copy_finds_its_way_back(box: Box) -> None:
    box.platform.sequence += 90
    assert await box.terminal.sync.beat()
    assert box.platform.refusals == ["replayed", "replayed"]
    assert len(box.platform.beats) == 1


async def test_a_wrong_clock_is_put_right_by_the_platforms(box: Box) -> None:
    box.machine = Clock()
    box.machine.forward(hours=-5)
    await box.restart()
    assert await box.terminal.sync.beat()
    assert box.platform.refusals == ["too_old"]
    assert (await box.terminal.counter.health())["offset_s"] == 5 * 3600
    assert await box.terminal.sync.beat()
    assert box.platform.refusals == ["too_old"]


async def test_a_beat_says_how_the_terminal_is_and_brings_its_settings(box: Box) -> None:
    box.platform.settings = {"idle_s": 60, "language": "en", "display": "keypad"}
    await box.terminal.sync.beat()
    health = box.platform.beats[-1]["health"]
    assert isinstance(health, dict)
    assert set(health) == {
        "paper", "printer", "scanner", "door", "unit", "line_errors", "line_exchanges", "disk_free_mb", "queue",
        "offset_s", "last_entry",
    }  # fmt: skip
    assert (box.terminal.counter.remote.idle_s, box.terminal.counter.remote.display) == (60, "keypad")
    await box.restart()
    assert box.terminal.counter.remote.language == "en"


async def test_a_revoked_terminal_forgets_meters_and_tokens_and_serves_nobody(box: Box) -> None:
    waiting = {"purchase": "p0000001", "meter": STS_NUMBER, "digits": box.token(), "amount_minor": 5_000}
    box.platform.kept["undelivered"] = [{**waiting, "issued_at": box.clock().isoformat()}]
    await box.terminal.sync.refresh()
    box.platform.barred = "revoked"
    await box.terminal.sync.beat()
    assert box.terminal.cache.meters == ()
    assert box.terminal.cache.undelivered(STS_NUMBER) == ()
    assert str(waiting["digits"]) not in _all_text(box)
    assert identity.load(box.settings.state_dir).relay_password == b""
    assert await box.terminal.counter.enter_token(box.token(), STS_NUMBER) == Trouble("revoked")
    assert (await box.terminal.counter.works()).state is State.OUT_OF_SERVICE

    await box.restart()
    assert await box.terminal.counter.look(STS_NUMBER) == Trouble("revoked")


async def test_a_refused_question_of_a_screen_shuts_the_terminal_too(box: Box) -> None:
    box.platform.barred = "locked"
    running = asyncio.create_task(box.terminal.sync.run())
    await asyncio.sleep(0)
    assert await box.terminal.counter.look(STS_NUMBER) == Trouble("locked")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await box.terminal.counter.works()).state is State.LOCKED


async def test_an_opened_door_locks_at_once_and_staff_unlock(box: Box, tmp_path: Path) -> None:
    door = tmp_path / "door"
    door.write_text("0\n")
    box.platform.away = True
    await box.restart(door_input=door)
    await box.terminal.sync.look_at_body()
    door.write_text("1\n")
    await box.terminal.sync.look_at_body()
    assert await box.terminal.counter.enter_token(box.token(), STS_NUMBER) == Trouble("locked")
    await box.restart(door_input=door)
    assert await box.terminal.counter.look(STS_NUMBER) == Trouble("locked")

    box.platform.away = False
    door.write_text("0\n")
    await box.terminal.sync.look_at_body()
    await box.terminal.sync.beat()
    assert (await box.terminal.counter.works()).state is State.LOCKED  # the platform has not heard of the door yet
    await box.tell()
    assert "door_opened" in box.platform.kinds()
    await box.terminal.sync.beat()
    assert (await box.terminal.counter.works()).state is State.OPEN


async def test_a_broken_door_switch_counts_as_an_open_door(box: Box, tmp_path: Path) -> None:
    await box.restart(door_input=tmp_path / "gone")
    await box.terminal.sync.look_at_body()
    assert box.terminal.gate.state is State.LOCKED


async def test_announcements_are_there_without_the_platform(box: Box) -> None:
    told = {"id": "a1", "kind": "planned", "state": "announced", "title_zh": "停电", "title_en": "Outage", "here": True}
    box.platform.kept["announcements"] = [told]
    assert await box.terminal.sync.watch()
    box.platform.away = True
    await box.restart()
    (notice,) = box.terminal.counter.notices().announcements
    assert (notice.title_zh, notice.here) == ("停电", True)


async def test_without_any_network_the_terminal_says_that_paying_is_not_possible(box: Box) -> None:
    await box.restart(platform_url="http://127.0.0.1:1")
    card = await box.terminal.counter.look(STS_NUMBER)
    assert isinstance(card, MeterCard)
    assert (card.source, card.may_pay) == (Source.LINE, False)
    works = await box.terminal.counter.works()
    assert (works.paying, works.tokens) == (False, True)


async def test_a_fact_that_the_platform_will_not_have_stops_no_others(boxes: Boxes) -> None:
    async with boxes() as box:
        box.platform.barred = "bad_request"
        assert await box.terminal.sync.tell()
        box.platform.barred = ""
        await box.terminal.counter.enter_token(box.token(), STS_NUMBER)
        await box.tell()
        assert box.platform.kinds() == ["token_entered", "relay_closed"]


async def test_nonsense_from_the_platform_is_trouble_and_no_crash(box: Box) -> None:
    box.platform.kept["meters"] = [{"number": 5}]
    assert await box.terminal.platform.fetch("") == Trouble("bad_answer")
    assert not await box.terminal.sync.refresh()
    assert len(box.terminal.cache.meters) == 2


async def test_a_cut_in_the_middle_of_looking_falls_back_to_the_line(box: Box) -> None:
    box.platform.cuts = [Cut.AFTER]
    card = await box.terminal.counter.look(STS_NUMBER)
    assert isinstance(card, MeterCard)
    assert card.source is Source.LINE


def _all_text(box: Box) -> str:
    """Whatever lies in the state folder."""
    return "".join(path.read_bytes().decode("latin-1") for path in box.settings.state_dir.iterdir())
