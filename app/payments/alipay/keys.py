"""Reads the merchant's settings and key files, and says in plain words what is wrong with them."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from app.payments.alipay.line import Merchant
from app.payments.key_files import LEAST_BITS, open_to_others
from app.ports import Ailment
from app.settings import Settings
from app.setup import SetupError


def read_merchant(settings: Settings) -> Merchant:
    """The merchant of this installation. Raises SetupError that says what to set."""
    wrong = [found.trouble for found in examine_keys(settings) if found.trouble and found.code != "permissions"]
    if wrong:
        raise SetupError(f"Alipay: {'; '.join(wrong)}")
    return Merchant(
        settings.alipay_app_id,
        settings.alipay_seller_id,
        Path(settings.alipay_key_file).read_text(),
        Path(settings.alipay_public_key_file).read_text(),
    )


def examine_keys(settings: Settings) -> list[Ailment]:
    """Look at everything that can be looked at without asking Alipay."""
    return [
        Ailment("identity", _of_identity(settings)),
        Ailment("private_key", _of_key("RELIGHT_ALIPAY_KEY_FILE", settings.alipay_key_file, private=True)),
        Ailment("permissions", open_to_others(settings.alipay_key_file)),
        Ailment("public_key", _of_key("RELIGHT_ALIPAY_PUBLIC_KEY_FILE", settings.alipay_public_key_file)),
        Ailment("notify_url", _of_public_url(settings.public_url)),
        Ailment("currency", "" if settings.currency == "CNY" else "RELIGHT_CURRENCY: Alipay takes CNY here"),
    ]


def _of_identity(settings: Settings) -> str:
    if not re.fullmatch(r"[0-9]{16,32}", settings.alipay_app_id):
        return "RELIGHT_ALIPAY_APP_ID: an application number is 16 digits or more"
    if not re.fullmatch(r"2088[0-9]{12}", settings.alipay_seller_id):
        return "RELIGHT_ALIPAY_SELLER_ID: a seller number (PID) is 16 digits and begins with 2088"
    return ""


def _of_key(setting: str, path: str, *, private: bool = False) -> str:
    named = f"{setting} ({path or 'not set'})"
    try:
        pem = Path(path).read_bytes() if path else b""
        key = load_pem_private_key(pem, None) if private else load_pem_public_key(pem)
    except OSError:
        return f"{named}: cannot be read"
    except (ValueError, TypeError):
        return f"{named}: is not a {'private' if private else 'public'} key in PEM; add the BEGIN and END lines"
    fit = isinstance(key, RSAPrivateKey | RSAPublicKey) and key.key_size >= LEAST_BITS
    return "" if fit else f"{named}: is not an RSA key of {LEAST_BITS} bits or more"


def _of_public_url(url: str) -> str:
    place = urlsplit(url)
    if place.scheme == "https" or place.hostname in ("127.0.0.1", "localhost"):
        return ""
    return f"RELIGHT_PUBLIC_URL ({url}): let Alipay call back over https"
