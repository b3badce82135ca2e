"""Reads Alipay's notifications (opendocs.alipay.com, "asynchronous notification: verifying")."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app.domain.payment import CallbackFact
from app.payments.alipay.codes import fact_of, moment_of
from app.payments.alipay.line import Merchant
from app.ports import CallbackRejected

TOLERANCE_S = 300
_MOST_FIELDS = 100
_FORM = "application/x-www-form-urlencoded"
_UNSIGNED = ("sign", "sign_type")


def read_notice(merchant: Merchant, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackFact:
    """Verify and read one notification. Raises CallbackRejected.

    Not the library's `verify`: its base64 reader passes over what is none, so that a changed signature would still fit.
    """
    form = _verified(merchant.public_key, headers, body)
    try:
        sent_at = moment_of(form.get("notify_time"))
    except ValueError as error:
        raise CallbackRejected("unreadable") from error
    if abs((now - sent_at).total_seconds()) > TOLERANCE_S:
        raise CallbackRejected("too_old")
    if (form.get("app_id"), form.get("seller_id")) != (merchant.app_id, merchant.seller_id):
        raise CallbackRejected("unreadable")  # Alipay's word, but not about money of ours
    try:
        fact = fact_of(form, "callback")
    except ValueError as error:
        raise CallbackRejected("unreadable") from error
    if fact is None:
        raise CallbackRejected("unreadable")  # nothing is decided: no fact
    return fact


def _verified(public_key: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The fields, if Alipay signed them all. What is not declared as a form has no fields, and so no signature."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    try:
        if kind.partition(";")[0].strip().lower() != _FORM:
            raise ValueError("not a form")
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
        form = dict(pairs)
        if len(form) != len(pairs) or form.get("sign_type") != "RSA2":
            raise ValueError("fields")
        signed = "&".join(f"{name}={form[name]}" for name in sorted(form) if name not in _UNSIGNED)
        _key(public_key).verify(_strict(form.get("sign", "")), signed.encode(), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature) as error:
        raise CallbackRejected("bad_signature") from error
    return form


def _strict(text: str) -> bytes:
    """Base64 in the one way of writing it. Raises ValueError."""
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("sign") from error
    if base64.b64encode(found).decode() != text:
        raise ValueError("sign")
    return found


def _key(pem: str) -> RSAPublicKey:
    found = load_pem_public_key(pem.encode())
    if not isinstance(found, RSAPublicKey):
        raise TypeError("not an RSA key")
    return found
