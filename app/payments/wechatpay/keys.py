"""Reads the merchant's settings and key files, and says in plain words what is wrong with them."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from app.payments.key_files import LEAST_BITS, open_to_others
from app.payments.wechatpay.line import Merchant
from app.ports import Ailment
from app.settings import Settings
from app.setup import SetupError

_SHAPES = (
    ("wechatpay_mchid", r"[0-9]{8,10}", "a merchant number is 8 to 10 digits"),
    ("wechatpay_appid", r"wx[0-9A-Za-z]{8,30}", "an AppID begins with wx"),
    ("wechatpay_serial", r"[0-9A-Fa-f]{16,64}", "a serial number is hexadecimal; the merchant platform shows it"),
    ("wechatpay_public_key_id", r"PUB_KEY_ID_[0-9A-Za-z]{8,64}", "the id begins with PUB_KEY_ID_"),
)


def read_merchant(settings: Settings) -> Merchant:
    """The merchant of this installation. Raises SetupError that says what to set."""
    wrong = [found.trouble for found in examine_keys(settings) if found.trouble and found.code != "permissions"]
    if wrong:
        raise SetupError(f"WeChat Pay: {'; '.join(wrong)}")
    return Merchant(
        mchid=settings.wechatpay_mchid,
        appid=settings.wechatpay_appid,
        serial=settings.wechatpay_serial.upper(),
        public_key_id=settings.wechatpay_public_key_id,
        public_key=Path(settings.wechatpay_public_key_file).read_text(),
        private_key=Path(settings.wechatpay_key_file).read_text(),
        apiv3_key=settings.wechatpay_apiv3_key.get_secret_value(),
    )


def examine_keys(settings: Settings) -> list[Ailment]:
    """Look at everything that can be looked at without asking WeChat."""
    return [
        Ailment("identity", "; ".join(_misshapen(settings))),
        Ailment("apiv3_key", _of_apiv3_key(settings)),
        Ailment("private_key", _of_private_key(settings.wechatpay_key_file)),
        Ailment("permissions", open_to_others(settings.wechatpay_key_file)),
        Ailment("public_key", _of_public_key(settings.wechatpay_public_key_file)),
        Ailment("notify_url", _of_public_url(settings.public_url)),
    ]


def _misshapen(settings: Settings) -> Iterator[str]:
    for name, shape, hint in _SHAPES:
        if not re.fullmatch(shape, str(getattr(settings, name))):
            yield f"RELIGHT_{name.upper()}: {hint}"


def _of_apiv3_key(settings: Settings) -> str:
    length = len(settings.wechatpay_apiv3_key.get_secret_value().encode())
    return "" if length == 32 else f"RELIGHT_WECHATPAY_APIV3_KEY: it has {length} bytes, the APIv3 key has 32"


def _of_private_key(path: str) -> str:
    named = f"RELIGHT_WECHATPAY_KEY_FILE ({path or 'not set'})"
    pem = _read(path)
    if pem is None:
        return f"{named}: cannot be read; it is the apiclient_key.pem of the merchant's API certificate"
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        return f"{named}: is not a private key in PEM without a passphrase"
    fit = isinstance(key, RSAPrivateKey) and key.key_size >= LEAST_BITS
    return "" if fit else f"{named}: is not an RSA key of {LEAST_BITS} bits or more"


def _of_public_key(path: str) -> str:
    named = f"RELIGHT_WECHATPAY_PUBLIC_KEY_FILE ({path or 'not set'})"
    pem = _read(path)
    if pem is None:
        return f"{named}: cannot be read; it is the pub_key.pem of the merchant platform"
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        return f"{named}: is not a public key in PEM (a platform certificate will not do)"
    fit = isinstance(key, RSAPublicKey) and key.key_size >= LEAST_BITS
    return "" if fit else f"{named}: is not an RSA key of {LEAST_BITS} bits or more"


def _of_public_url(url: str) -> str:
    place = urlsplit(url)
    if place.scheme == "https" or place.hostname in ("127.0.0.1", "localhost"):
        return ""
    return f"RELIGHT_PUBLIC_URL ({url}): WeChat calls back over https only"


def _read(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        return None
