"""`relight doctor` looks at everything, says what to do, and tells no secret."""

import json
import re
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr
from pytest import CaptureFixture, MonkeyPatch

from app import cli, doctor
from app.db import Begin
from app.doctor import Line, examine
from app.domain.sharing import MoveReason
from app.models.account import ChannelName
from app.payments.sandbox.provider import SandboxProvider
from app.ports import Ailment
from app.services import carriers
from app.services.carrier_paces import Place
from app.settings import Settings
from app.setup import SetupError
from headend_client.keyfile import read_keys, write_key_file
from tests.clocks import Clock
from tests.rehearsal import SECRET, rehearsal
from tests.standins.prism import USER
from tests.standins.prism_server import prism_server

PASSPHRASE, HIDDEN = "a lamp in every window", "do-not-tell-this-to-anybody"
PRISM = {
    "security_module": "prism",
    "prism_host": "127.0.0.1",
    "prism_port": 9,
    "prism_user": USER,
    "prism_password": SecretStr(HIDDEN),
}
KEYS = json.dumps({"esam_master": "00" * 32, "relay_password": "02010203", "vending": []})


async def no_carriers(_: Settings) -> None:
    return


async def look(settings: Settings) -> dict[str, str]:
    """Everything that is wrong, by its part."""
    return {line.part: line.ailment.trouble for line in await examine(settings, no_carriers) if not line.well}


@pytest.fixture
def fit(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """An installation to which nothing is wanting; it takes cash only."""
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        public_url="https://light.example",
        session_secret=SecretStr("x" * 32),
        key_file=tmp_path / "keys.json",
        key_passphrase=SecretStr(PASSPHRASE),
        providers="counter",
    )
    write_key_file(settings.key_file, PASSPHRASE, read_keys(KEYS), cost=1 << 4)
    return settings


def but(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update=changes)


async def test_nothing_is_wrong_with_an_installation_that_is_fit(fit: Settings) -> None:
    lines = await examine(fit, no_carriers)
    assert [line for line in lines if not line.well] == []
    assert {line.part for line in lines} == {
        "settings",
        "database",
        "queue",
        "keys",
        "messages",
        "provider counter",
    }


@pytest.mark.parametrize(
    ("change", "part", "words"),
    [
        ({"session_secret": SecretStr("short")}, "settings", "RELIGHT_SESSION_SECRET"),
        ({"public_url": "http://light.example"}, "settings", "https"),
        ({"public_url": "http://127.0.0.1:8600"}, "settings", "of this machine"),
        ({"database_url": ""}, "database", "DATABASE_URL is not set"),
        ({"database_url": "postgresql+asyncpg://u:" + HIDDEN + "@127.0.0.1:9/x"}, "database", "does not answer"),
        ({"redis_url": ""}, "queue", "REDIS_URL is not set"),
        ({"redis_url": "redis://:" + HIDDEN + "@127.0.0.1:9/0"}, "queue", "does not answer"),
        ({"key_passphrase": SecretStr(HIDDEN)}, "keys", "RELIGHT_KEY_PASSPHRASE"),
        ({"sta_tables": Path("/nowhere")}, "keys", "RELIGHT_STA_TABLES"),
        ({"sta_tables": Path(__file__)}, "keys", "RELIGHT_STA_TABLES"),
        ({"security_module": "prism"}, "keys", "RELIGHT_PRISM_HOST is not set"),
        ({**PRISM, "prism_password": SecretStr("")}, "keys", "RELIGHT_PRISM_PASSWORD is not set"),
        ({**PRISM, "prism_ca_file": "/nowhere"}, "keys", "RELIGHT_PRISM_CA_FILE"),
        ({**PRISM, "prism_ca_file": __file__}, "keys", "RELIGHT_PRISM_CA_FILE"),
        (PRISM, "keys", "127.0.0.1:9 does not answer (no_connection"),
        ({"providers": "nobody"}, "providers", "nobody"),
        ({"providers": ""}, "providers", "none is switched on"),
        ({"providers": "sandbox,counter"}, "provider sandbox", "settings are missing"),
    ],
)
async def test_what_is_wrong_is_said_with_what_to_do(
    fit: Settings, change: dict[str, object], part: str, words: str
) -> None:
    found = await look(but(fit, **change))
    assert set(found) == {part}
    assert words in found[part]
    assert HIDDEN not in str(found)


async def test_a_damaged_journal_of_tokens_is_told_and_none_is_made(fit: Settings) -> None:
    journal = fit.key_file.with_suffix(".tokens")
    assert await look(fit) == {}
    assert not journal.exists()
    journal.write_text("no journal\n")
    assert "damaged" in (await look(fit))["keys"]


@pytest.mark.parametrize(
    ("change", "alerts", "words"),
    [
        ({}, (), ""),
        ({}, (("ALicence", "expires tomorrow"),), "complains: ALicence: expires tomorrow"),
        ({"prism_password": SecretStr(HIDDEN)}, (), "does not let us in (ESignin.Authentication)"),
        ({"prism_ca_file": ""}, (), "RELIGHT_PRISM_CA_FILE"),
        ({"prism_name": "elsewhere.test"}, (), "RELIGHT_PRISM_NAME"),
    ],
)
async def test_a_security_module_far_away_is_asked_how_it_is(
    fit: Settings, clock: Clock, change: dict[str, object], alerts: tuple[tuple[str, str], ...], words: str
) -> None:
    with prism_server((), clock) as server:
        server.module.alerts = alerts
        place = server.place
        password = SecretStr(place.password)
        there = but(fit, **{**PRISM, "prism_port": place.port, "prism_ca_file": place.ca_file})
        found = await look(but(there, **{"prism_password": password, **change}))
    assert words in found.get("keys", "")
    assert bool(found) is bool(words)
    assert HIDDEN not in str(found)
    assert place.password not in str(found)


async def test_tables_that_are_not_up_to_date_are_named(fit: Settings, bare_database_url: str) -> None:
    assert "relight migrate" in (await look(but(fit, database_url=bare_database_url)))["database"]


async def test_a_bank_is_asked_and_its_silence_is_told(fit: Settings, tmp_path: Path, clock: Clock) -> None:
    secret = SecretStr(SECRET.decode())
    gone = but(fit, providers="sandbox", sandbox_secret=secret, sandbox_url="http://127.0.0.1:9")
    assert "does not answer" in (await look(gone))["provider sandbox"]
    async with rehearsal(tmp_path / "bank.db", clock) as bank:
        found = await look(but(gone, sandbox_url=bank.url))
    assert SECRET.decode() not in str(found)


async def test_a_provider_that_breaks_hides_no_other(fit: Settings, monkeypatch: MonkeyPatch) -> None:
    async def broken(_: SandboxProvider) -> Sequence[Ailment]:
        raise ValueError(HIDDEN)

    monkeypatch.setattr(SandboxProvider, "examine", broken)
    lines = await examine(but(fit, providers="sandbox,counter", sandbox_secret=SecretStr(HIDDEN)), no_carriers)
    said = "\n".join(map(str, lines))
    assert "could not be looked at (ValueError)" in said
    assert "ok     provider counter" in said
    assert HIDDEN not in said


async def test_a_channel_that_lacks_its_settings_is_told(fit: Settings) -> None:
    async def lacking(_: Settings) -> None:
        raise SetupError("RELIGHT_TWILIO_ACCOUNT is not set")

    lines = await examine(fit, lacking)
    assert [line.ailment.trouble for line in lines if not line.well] == ["RELIGHT_TWILIO_ACCOUNT is not set"]


@pytest.mark.parametrize(("trouble", "ends"), [("", 0), ("do this", 1)])
def test_the_command_prints_a_line_for_each_and_ends_as_they_say(
    monkeypatch: MonkeyPatch, capsys: CaptureFixture[str], trouble: str, ends: int
) -> None:
    async def found(settings: Settings, carriers: object) -> list[Line]:
        return [Line("database", Ailment("reachable")), Line("keys", Ailment("key_file", trouble))]

    monkeypatch.setattr(doctor, "examine", found)
    assert cli._doctor(Namespace()) == ends
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert all(re.match(r"(ok   |WRONG)  \S", line) for line in printed)


async def test_a_sender_that_reminders_and_tokens_share_is_pointed_at(fit: Settings) -> None:
    shared = but(fit, sms_channel="twilio", twilio_sender="+15005550006")
    assert "RELIGHT_TWILIO_REMINDER_SENDER" in (await look(shared))["messages"]
    assert "messages" not in await look(but(shared, twilio_reminder_sender="+15005550008"))


async def test_a_provider_that_is_off_is_named_with_its_reason(fit: Settings, begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await carriers.enrol(db, ChannelName.SMS, ("console", "old"), clock())
        for name in ("console", "old"):
            await carriers.switch_off(db, Place(name, ChannelName.SMS), MoveReason.CREDENTIALS, clock())
    told = (await look(fit))["messages"]
    assert "console (sms): credentials" in told
    assert "old" not in told  # no setting names it any more
