"""Receipts and residents' answers that Aliyun pushes (help.aliyun.com: SmsReport 120998, SmsUp 101868).

They are not signed. What stands in for a signature is a secret word in the address that only we and Aliyun's console
know; and a receipt counts only for a message that we gave to Aliyun, under the id that it had there.
"""

import json
from hmac import compare_digest
from uuid import UUID

from app.ports import CallbackRejected, InboundText, Posted, Receipt
from app.setup import SetupError
from notifier.channels.aliyun import codes

_SHORTEST_WORD = 32
_MOST = 500


class AliyunPushes:
    """Reads both; each post holds several."""

    name = "aliyun"
    accepted = '{"code":0,"msg":"ok"}'

    def __init__(self, word: str) -> None:
        if len(word) < _SHORTEST_WORD:
            raise SetupError(f"RELIGHT_ALIYUN_PUSH_WORD needs {_SHORTEST_WORD} random characters or more")
        self._word = word

    def read_receipts(self, posted: Posted) -> list[Receipt]:
        """Receipts for messages of ours; those without our id are another program's. Raises CallbackRejected."""
        found = (_receipt(each) for each in self._entries(posted))
        return [receipt for receipt in found if receipt is not None]

    def read_inbound(self, posted: Posted) -> list[InboundText]:
        """Texts that residents wrote. Raises CallbackRejected."""
        return [
            InboundText(_said(e, "sequence_id"), _said(e, "phone_number"), _said(e, "dest_code"), _said(e, "content"))
            for e in self._entries(posted)
            if _said(e, "sequence_id") and _said(e, "phone_number")
        ]

    def _entries(self, posted: Posted) -> list[dict[str, object]]:
        if not compare_digest(posted.word.encode(), self._word.encode()):
            raise CallbackRejected("bad_signature")
        try:
            said = json.loads(posted.body)
        except (ValueError, RecursionError):
            raise CallbackRejected("unreadable") from None
        if not isinstance(said, list) or len(said) > _MOST or not all(isinstance(each, dict) for each in said):
            raise CallbackRejected("unreadable")
        return said


def _receipt(entry: dict[str, object]) -> Receipt | None:
    try:
        message_id = UUID(_said(entry, "out_id"))
    except ValueError:
        return None
    ref = _said(entry, "biz_id")
    word = codes.receipt(_said(entry, "err_code"), ref, arrived=entry.get("success") is True)
    return Receipt(message_id, word)


def _said(entry: dict[str, object], name: str) -> str:
    value = entry.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
