"""Aliyun's codes in our words (help.aliyun.com: Short Message Service, API error codes 101346, limits 2881383)."""

from app.domain.notice import Delivery, MessageState
from app.domain.suppression import SuppressionScope
from notifier.ports import CREDENTIALS, DeliveryError

OK = "OK"

_NOT_US = frozenset(
    {
        "InvalidAccessKeyId.NotFound",
        "InvalidAccessKeyId.Inactive",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "isp.RAM_PERMISSION_DENY",
        "isv.ACCOUNT_ABNORMAL",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.PRODUCT_UNSUBSCRIBE",
        "isv.PRODUCT_UN_SUBSCRIPT",
    }
)
_OUT_OF_MONEY = frozenset({"isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE"})
# Asking again cannot help with these.
PERMANENT: dict[str, str] = {
    "isv.MOBILE_NUMBER_ILLEGAL": "bad_number",
    "isv.MOBILE_COUNT_OVER_LIMIT": "bad_number",
    "isv.SMS_TEMPLATE_ILLEGAL": "bad_template",
    "isv.TEMPLATE_MISSING_PARAMETERS": "bad_template",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "bad_template",
    "isv.INVALID_PARAMETERS": "bad_template",
    "isv.INVALID_JSON_PARAM": "bad_template",
    "isv.PARAM_LENGTH_LIMIT": "bad_template",
    "isv.PARAM_NOT_SUPPORT_URL": "bad_template",
    "isv.SMS_CONTENT_ILLEGAL": "filtered",
    "isv.BLACK_KEY_CONTROL_LIMIT": "filtered",
    "isv.SMS_SIGNATURE_ILLEGAL": "sender_not_allowed",
    "isv.SMS_SIGN_ILLEGAL": "sender_not_allowed",
    "isv.DENY_IP_RANGE": "no_route",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": "no_route",
    "isv.UNSUPPORTED_CONTENT": "filtered",
}
PASSING: dict[str, str] = {
    "isv.BUSINESS_LIMIT_CONTROL": "number_limit",
    "isv.DAY_LIMIT_CONTROL": "too_many_requests",
    "isv.MONTH_LIMIT_CONTROL": "too_many_requests",
    "Throttling": "too_many_requests",
    "Throttling.User": "too_many_requests",
    "Throttling.Api": "too_many_requests",
}
_SURELY_NOT = frozenset({"isp.GATEWAY_ERROR"})
_NOBODY = frozenset({"bad_number"})
_THEIRS = 500


def error(code: str, status: int = 200) -> DeliveryError:
    """Translate a refusal. A server error is no refusal: the message may have been taken before it."""
    if code in _NOT_US:
        return DeliveryError(CREDENTIALS)
    if code in _OUT_OF_MONEY:
        return DeliveryError("out_of_money")
    if code in PERMANENT:
        word = PERMANENT[code]
        return DeliveryError(word, permanent=True, stop=word in _NOBODY, scope=SuppressionScope.ALL)
    if code in PASSING:
        return DeliveryError(PASSING[code])
    if status >= _THEIRS or code.startswith("isp.") or code == "ServiceUnavailable":
        return DeliveryError("provider_down", maybe_sent=code not in _SURELY_NOT)
    return DeliveryError(f"aliyun_{code}", permanent=True)


# Receipts: what the carriers say (help.aliyun.com 101347).
_RECEIPTS: dict[str, str] = {
    "DELIVERED": "",
    "DELIVRD": "",
    "MOBILE_NOT_ON_SERVICE": "unknown_handset",
    "MOBILE_SEND_LIMIT": "number_limit",
    "MOBILE_ACCOUNT_ABNORMAL": "unknown_handset",
    "MOBILE_IN_BLACK": "opted_out",
    "MOBLLE_TERMINAL_ERROR": "handset_unreachable",
    "MOBILE_TERMINAL_ERROR": "handset_unreachable",
    "USER_REJECT": "opted_out",
    "CONTENT_KEYWORD": "filtered",
    "INVALID_NUMBER": "bad_number",
    "CONTENT_ERROR": "filtered",
    "REQUEST_SUCCESS": "",
    "SP_UNKNOWN_ERROR": "unknown_trouble",
    "SP_NOT_BY_INTER_SMS": "no_route",
    "NO_ROUTE": "no_route",
    "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": "bad_template",
}
_STOPPED = frozenset({"opted_out"})
_GONE = frozenset({"bad_number", "unknown_handset"})


def receipt(code: str, ref: str, *, arrived: bool) -> Delivery:
    """What became of a message, as its receipt says."""
    if arrived:
        return Delivery(MessageState.DELIVERED, ref)
    word = _RECEIPTS.get(code) or f"aliyun_{code[:40]}"
    scope = SuppressionScope.ALL if word in _GONE else SuppressionScope.REMINDERS
    return Delivery(MessageState.FAILED, ref, word, stop=word in _STOPPED | _GONE, scope=scope)
