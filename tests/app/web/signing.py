"""Signs residents in, as they do it and the short way."""

from httpx2 import Response
from sqlmodel import col, select

from app.db import Begin
from app.domain.proving import login_digits
from app.models import LoginCode
from app.services.residents import sign_in_with_phone
from tests.app.web.conftest import Browser
from tests.app.web.world import make_settings
from tests.clocks import Clock

HOLDER = "+8613800000001"  # the contact of tests.build.utility
OTHER = "+8613900000002"


async def ask_code(browser: Browser, phone: str, wanted: str = "") -> Response:
    """Ask for a code as the form does."""
    page = await browser.open("/sign-in")
    return await browser.send("/sign-in", page, phone=phone, next=wanted)


async def digits_sent(begin: Begin) -> str:
    """The digits of the newest code, as its SMS has them."""
    async with begin() as db:
        code = (await db.exec(select(LoginCode).order_by(col(LoginCode.made_at).desc()))).first()
    assert code is not None
    return login_digits(make_settings().session_secret.get_secret_value(), code.id)


async def send_digits(browser: Browser, digits: str, wanted: str = "") -> Response:
    """Type the digits."""
    page = await browser.open("/sign-in/code")
    return await browser.send("/sign-in/code", page, digits=digits, next=wanted)


async def signed_in(browser: Browser, begin: Begin, clock: Clock, phone: str = HOLDER) -> Browser:
    """A browser that is signed in; the short way."""
    async with begin() as db:
        resident, secret = await sign_in_with_phone(db, phone, clock())
        resident.locale = "en"
    browser.client.cookies.set("resident", secret, domain="relight.test")
    return browser
