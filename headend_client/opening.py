"""Opens the security module that the settings name, and looks whether it is fit."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from headend_client.errors import ModuleError
from headend_client.journal import JOURNAL_BUSY
from headend_client.keyfile import Keys, open_key_file
from headend_client.prism.config import PrismConfig, PrismPlace
from headend_client.security import SecurityCode, SecurityError, SecurityModule
from headend_client.software import SoftwareSecurityModule
from meters_io.errors import CodecError
from meters_io.sts.ciphers.sta import StaTables, parse_tables


@dataclass(frozen=True, slots=True)
class SecurityWish:
    """The module that is wanted: a name in MODULES, and what each of them may need."""

    module: str
    key_file: Path
    passphrase: str = field(repr=False)
    sta_tables: Path | None
    prism: PrismConfig


async def open_security_module(wish: SecurityWish) -> SecurityModule:
    """Open a module; one that is far away is not asked anything yet. Raises KeyFileError, ModuleError."""
    return await MODULES[wish.module](wish)


async def examine(wish: SecurityWish) -> str:
    """Open a module and ask how it is; return what is wrong with it in words, empty: nothing.

    Raises as `open_security_module` does.
    """
    module = await open_security_module(wish)
    try:
        alerts = [alert for node in await module.status() for alert in node.alerts]
    except SecurityError as error:
        return _trouble(error, wish.prism.place)
    finally:
        await module.aclose()
    return f"the security module complains: {'; '.join(alerts)}" if alerts else ""


async def _open_software(wish: SecurityWish) -> SecurityModule:
    keys = await asyncio.to_thread(open_key_file, wish.key_file, wish.passphrase)
    tables = None if wish.sta_tables is None else await asyncio.to_thread(_tables, wish.sta_tables)
    return SoftwareSecurityModule(keys, _journal(wish), tables=tables)


async def _open_prism(wish: SecurityWish) -> SecurityModule:
    """The key file, where there is one, serves what a PrismToken module does not know: ESAM meters and relays."""
    place = wish.prism.place
    missing = [name for name in ("host", "user", "password") if not getattr(place, name)]
    if missing:
        raise ModuleError(f"RELIGHT_PRISM_{missing[0].upper()} is not set: the PrismToken module needs it")
    try:
        from headend_client.prism.module import PrismModule  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError:
        raise ModuleError("PrismToken: the library is not installed; install Relight with relight[prism]") from None
    keys = await asyncio.to_thread(_keys_if_any, wish)
    try:
        return PrismModule(wish.prism, _journal(wish), keys)
    except OSError as error:  # ssl.SSLError is one
        raise ModuleError(
            f"the certificates {place.ca_file} cannot be used ({type(error).__name__}): check RELIGHT_PRISM_CA_FILE"
        ) from None


MODULES: dict[str, Callable[[SecurityWish], Awaitable[SecurityModule]]] = {
    "software": _open_software,
    "prism": _open_prism,
}


def _journal(wish: SecurityWish) -> Path:
    return wish.key_file.with_suffix(".tokens")


def _keys_if_any(wish: SecurityWish) -> Keys:
    with suppress(OSError):  # said when the first token is to be written down
        wish.key_file.parent.mkdir(parents=True, exist_ok=True)
    return open_key_file(wish.key_file, wish.passphrase) if wish.key_file.exists() else Keys()


def _tables(path: Path) -> StaTables:
    try:
        return parse_tables(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModuleError(f"the tables {path} cannot be read ({error.strerror}): check RELIGHT_STA_TABLES") from None
    except (CodecError, UnicodeDecodeError) as error:
        raise ModuleError(f"{path} holds no tables of EA07 ({error}): check RELIGHT_STA_TABLES") from None


def _trouble(error: SecurityError, place: PrismPlace) -> str:
    """Return what a person reads of an error of `status`; that of the journal comes from every module."""
    if error.reason == JOURNAL_BUSY:
        return "another process keeps the journal of tokens for too long: look what holds it"
    where = f"the PrismToken module at {place.host}:{place.port}"
    if error.reason == "certificate":
        return f"{where} has a certificate that is not trusted: check RELIGHT_PRISM_CA_FILE and RELIGHT_PRISM_NAME"
    if error.reason.startswith("ESignin"):
        advice = "check RELIGHT_PRISM_REALM, RELIGHT_PRISM_USER and RELIGHT_PRISM_PASSWORD"
        return f"{where} does not let us in ({error.reason}): {advice}"
    if error.code is SecurityCode.BUSY:
        return f"{where} does not answer ({error.reason}): check RELIGHT_PRISM_HOST, RELIGHT_PRISM_PORT and the line"
    return f"{where} says {error.reason or error.code}: look at its own console"
