"""Who asks, and that we answer: HMAC-SHA256 as docs/api/ami-head-end.json has it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from headend_client.simulator.head_end.spec import HeadEndSpec

_TOLERANCE_S = 300


@dataclass(frozen=True, slots=True)
class Question:
    """What came over HTTP. `line`: method and path with its query. `headers`: by names in small letters."""

    line: str
    headers: Mapping[str, str]
    body: bytes


def refusal_of(question: Question, spec: HeadEndSpec, now: datetime) -> str:
    """Why a question is not let in, empty where it is. The signature is looked at before the age."""
    said = question.headers
    if said.get("relight-key") != spec.key_id:
        return "not_let_in"
    stamp, nonce = said.get("relight-timestamp", ""), said.get("relight-nonce", "")
    good = _digest(spec, ("request", question.line), question.body, (stamp, nonce))
    if not hmac.compare_digest(good.encode(), said.get("relight-signature", "").encode(errors="replace")):
        return "bad_signature"
    fresh = stamp.isdecimal() and abs(now.timestamp() - int(stamp)) <= _TOLERANCE_S
    return "" if fresh else "too_old"


def proof_of(question: Question, spec: HeadEndSpec, answer: tuple[int, bytes], now: datetime) -> dict[str, str]:
    """The headers that prove an answer (status, body) to that question and to no other."""
    status, body = answer
    stamp, nonce = str(int(now.timestamp())), question.headers.get("relight-nonce", "")
    return {
        "relight-key": spec.key_id,
        "relight-timestamp": stamp,
        "relight-nonce": nonce,
        "relight-signature": _digest(spec, ("answer", f"{status} {question.line}"), body, (stamp, nonce)),
    }


def _digest(spec: HeadEndSpec, about: tuple[str, str], body: bytes, when: tuple[str, str]) -> str:
    signed = "\n".join(("relight-ami-1", about[0], spec.key_id, about[1], *when, hashlib.sha256(body).hexdigest()))
    return hmac.digest(spec.secret.encode(), signed.encode(), "sha256").hex()
