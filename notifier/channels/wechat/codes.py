"""WeChat's `errcode` in our words (developers.weixin.qq.com/doc/service, global return codes)."""

from app.domain.suppression import SuppressionScope
from notifier.ports import CREDENTIALS, DeliveryError

_CREDENTIALS = frozenset({40001, 40013, 40014, 40125, 40164, 41002, 41004, 42001, 48001, 50002})
_BUSY = frozenset({-1, 45009, 45011})
_BAD_TEMPLATE = frozenset({40037, 47003, 41030})
_NO_CONSENT, _NOBODY = 43101, 40003


def error(errcode: int) -> DeliveryError | None:
    """Translate a refusal; None for no answer at all, which is none."""
    if not errcode:
        return None
    if errcode in _CREDENTIALS:
        return DeliveryError(CREDENTIALS)
    if errcode in _BUSY:
        return DeliveryError("too_many_requests")
    if errcode in _BAD_TEMPLATE:
        return DeliveryError("bad_template", permanent=True)
    if errcode == _NO_CONSENT:
        return DeliveryError("no_consent", permanent=True, stop=True, scope=SuppressionScope.REMINDERS)
    if errcode == _NOBODY:
        return DeliveryError("bad_openid", permanent=True, stop=True, scope=SuppressionScope.ALL)
    return DeliveryError(f"wechat_{errcode}", permanent=True)
