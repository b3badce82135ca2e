"""The two signatures of WeChat Pay and the seal of its callbacks, from the published recipe; none of the library.

Source: pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-verification.html. The keys are in
tests/standins/fixtures/wechatpay, made with openssl.
"""

import base64
import re
import secrets
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

FIXTURES = Path(__file__).parents[1] / "fixtures" / "wechatpay"
MCHID = "1900009191"
APPID = "wx0123456789abcdef"
SERIAL = "5157F09EFDC096DE15EBE81A47057A72"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000091912026030200000000"
APIV3_KEY = "an APIv3 key of thirty-two bytes"
TOLERANCE_S = 300

_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')


class BadRequest(Exception):
    """A request that WeChat would not believe; the text says why."""


@cache
def private_key(name: str) -> RSAPrivateKey:
    """A key of the fixtures: merchant, wechat, stranger."""
    key = load_pem_private_key((FIXTURES / f"{name}-key.pem").read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


@cache
def public_key(name: str) -> RSAPublicKey:
    """The public half."""
    key = load_pem_public_key((FIXTURES / f"{name}-pub.pem").read_bytes())
    assert isinstance(key, RSAPublicKey)
    return key


def sign(key: RSAPrivateKey, *parts: str) -> str:
    """RSA-SHA256 over the parts, each with a line end behind it, in base64."""
    message = "".join(f"{part}\n" for part in parts).encode()
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def verifies(key: RSAPublicKey, signature: str, *parts: bytes) -> bool:
    """Whether a signature is over these parts."""
    try:
        given = base64.b64decode(signature, validate=True)
        key.verify(given, b"".join(part + b"\n" for part in parts), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True


def check_authorization(header: str, method: str, target: bytes, body: bytes, wall: float) -> str:
    """Verify the Authorization of a request over its raw path with query; return its nonce. Raises BadRequest."""
    scheme, _, rest = header.partition(" ")
    given: dict[str, str] = dict(_AUTHORIZATION.findall(rest))
    if scheme != "WECHATPAY2-SHA256-RSA2048":
        raise BadRequest("scheme")
    if (given.get("mchid"), given.get("serial_no")) != (MCHID, SERIAL):
        raise BadRequest("merchant or serial")
    stamp, nonce = given.get("timestamp", ""), given.get("nonce_str", "")
    if not stamp.isdigit() or abs(wall - int(stamp)) > TOLERANCE_S:
        raise BadRequest("timestamp")
    signed = (method.encode(), target, stamp.encode(), nonce.encode(), body)
    if not verifies(public_key("merchant"), given.get("signature", ""), *signed):
        raise BadRequest("signature")
    return nonce


def signed_headers(body: bytes, stamp: int, *, key: str = "wechat", serial: str = PUBLIC_KEY_ID) -> dict[str, str]:
    """The headers of an answer or a callback."""
    nonce = secrets.token_hex(16)
    return {
        "Wechatpay-Timestamp": str(stamp),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": sign(private_key(key), str(stamp), nonce, body.decode()),
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    }


def seal(plain: str, apiv3_key: str = APIV3_KEY) -> dict[str, str]:
    """AEAD_AES_256_GCM of a callback's resource."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(apiv3_key.encode()).encrypt(nonce.encode(), plain.encode(), b"transaction")
    return {
        "original_type": "transaction",
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": "transaction",
        "nonce": nonce,
    }
