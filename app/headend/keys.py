"""The security module as the settings name it, and the key file of the software one."""

from app.ports import SecurityModule
from app.settings import Settings
from headend_client.errors import KeyFileError
from headend_client.keyfile import read_keys, write_key_file
from headend_client.opening import SecurityWish, examine, open_security_module
from headend_client.prism.config import Amounts, Dialect, PrismConfig, PrismPlace


def make_key_file(settings: Settings, text: str, *, overwrite: bool = False) -> str:
    """Seal keys (as `headend_client.keyfile.read_keys` reads them) into the key file; return what was done, in words.

    Raises KeyFileError.
    """
    path = settings.key_file
    if path.exists() and not overwrite:
        raise KeyFileError(f"{path} is there already: without its keys no meter takes credit any more")
    keys = read_keys(text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_key_file(path, settings.key_passphrase.get_secret_value(), keys)
    except OSError as error:
        raise KeyFileError(
            f"the key file {path} cannot be written ({error.strerror}): check RELIGHT_KEY_FILE"
        ) from None
    return f"{path}: {len(keys.vending)} vending keys sealed"


async def open_security(settings: Settings) -> SecurityModule:
    """Open the security module that the settings name; its journal of tokens lies beside the key file.

    Raises HeadEndError, which says what to set.
    """
    return await open_security_module(_wish(settings))


async def examine_security(settings: Settings) -> str:
    """Open the security module and ask it how it is; return what is wrong, empty: nothing. Raises HeadEndError."""
    return await examine(_wish(settings))


def _wish(settings: Settings) -> SecurityWish:
    place = PrismPlace(
        host=settings.prism_host,
        port=settings.prism_port,
        realm=settings.prism_realm,
        user=settings.prism_user,
        password=settings.prism_password.get_secret_value(),
        ca_file=settings.prism_ca_file,
        name=settings.prism_name,
    )
    dialect = Dialect(settings.prism_base_year, Amounts(settings.prism_amounts))
    return SecurityWish(
        settings.security_module,
        settings.key_file,
        settings.key_passphrase.get_secret_value(),
        settings.sta_tables,
        PrismConfig(place, dialect),
    )
