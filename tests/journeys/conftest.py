"""One living utility for all the journeys that strike at it; it goes when they are over."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from app.demo.run import seed_database
from app.demo.site import open_site
from tests.forks import nursery
from tests.journeys.living import Living, Outside, alive, town
from tests.standins import mail, twilio


@pytest.fixture(scope="package")
async def utility(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Living]:
    """The living utility. Its engines are its own, also where a test run was given servers: they will be killed."""
    folder = tmp_path_factory.mktemp("living")
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack, ThreadPoolExecutor(1) as aside:
        environment.delenv("DATABASE_URL", raising=False)
        environment.delenv("REDIS_URL", raising=False)
        # Programs are imported over there while the engines start and the town is written down.
        async with nursery() as forked, twilio.twilio_stand_in() as phones, mail.mail_relay() as relay:
            opening = open_site(folder, town(), throwaway=True)
            # Migrations run their own loop.
            site = await asyncio.wrap_future(aside.submit(stack.enter_context, opening))
            await seed_database(site.settings, site.town)
            site.environment.update(channels(phones, relay))
            async with alive(site, Outside(phones, relay), forked) as living:
                yield living
            (folder / "programs.log").write_text("\n".join(living.lines), encoding="utf-8")


def channels(phones: twilio.TwilioStandIn, relay: mail.Relay) -> dict[str, str]:
    """The settings that lead the notifier to the stand-ins."""
    return {
        "RELIGHT_SMS_CHANNEL": "twilio",
        "RELIGHT_TWILIO_URL": phones.url,
        "RELIGHT_TWILIO_ACCOUNT": twilio.ACCOUNT,
        "RELIGHT_TWILIO_TOKEN": twilio.TOKEN,
        "RELIGHT_TWILIO_SENDER": twilio.SENDER,
        "RELIGHT_EMAIL_CHANNEL": "smtp",
        "RELIGHT_SMTP_HOST": "127.0.0.1",
        "RELIGHT_SMTP_PORT": str(relay.port),
        "RELIGHT_SMTP_USER": mail.USER,
        "RELIGHT_SMTP_PASSWORD": mail.PASSWORD,
        "RELIGHT_SMTP_STARTTLS": "0",
    }


@pytest.fixture
async def living(utility: Living) -> Living:
    """The living utility, whole again whatever the test before has done to it."""
    await asyncio.to_thread(utility.site.engines.postgres.start)
    await asyncio.to_thread(utility.site.engines.valkey.start)
    await utility.up()
    return utility
