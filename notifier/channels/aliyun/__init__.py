"""SMS through Aliyun, with Aliyun's own library (extra `aliyun`)."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.domain.notice import Delivery
from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from notifier.channels.aliyun import codes
from notifier.channels.aliyun.pushes import AliyunPushes
from notifier.channels.aliyun.words import fitting
from notifier.ports import DeliveryError, Rendered

if TYPE_CHECKING:
    from alibabacloud_dysmsapi20170525.client import Client
    from darabonba.runtime import RuntimeOptions

T = TypeVar("T")

_CALL_S = 10
_CONNECT_MS, _READ_MS = 5_000, 9_000
_CHINA = ZoneInfo("Asia/Shanghai")  # the clock of its answers
_CLOCKS_DIFFER = timedelta(minutes=2)
_PAGE = 50
_ARRIVED, _FAILED = 3, 2


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of what went to a number. `send_status`: 1 on its way, 2 failed, 3 arrived."""

    send_status: int
    err_code: str


class AliyunChannel:
    """Carries approved templates only: a code and its variables. `OutId` bears our message's id, so that lists and
    receipts name it."""

    name = "aliyun"
    carries = frozenset({ChannelName.SMS})

    def __init__(self, client: "Client", signature: str) -> None:
        self._client, self._signature = client, signature

    async def send(self, rendered: Rendered) -> str:
        """Send the template that stands for these words; return Aliyun's id. Raises DeliveryError."""
        from alibabacloud_dysmsapi20170525.models import SendSmsRequest  # noqa: PLC0415  (an extra)

        words = fitting(rendered)
        request = SendSmsRequest(
            phone_numbers=_number(rendered.recipient),
            sign_name=self._signature,
            template_code=words.code,
            template_param=words.variables,
            out_id=str(rendered.message_id),
        )
        body = (await _wire(self._client.send_sms_with_options_async(request, _runtime()))).body
        if body.code != codes.OK:
            raise codes.error(str(body.code))
        return str(body.biz_id)

    async def find(self, rendered: Rendered, since: datetime) -> str | None:
        """Look for the message by our own id among what went to that number. It is known under that id from then on:
        the lists do not tell Aliyun's."""
        found = await self._entry(rendered.recipient, str(rendered.message_id), since)
        return None if found is None else str(rendered.message_id)

    async def look(self, recipient: str, out_id: str, since: datetime) -> Delivery | None:
        """Ask what became of a message that was taken around `since`; None while nobody knows. Raises DeliveryError."""
        found = await self._entry(recipient, out_id, since)
        if found is None or found.send_status not in (_ARRIVED, _FAILED):
            return None
        return codes.receipt(found.err_code, "", arrived=found.send_status == _ARRIVED)

    async def _entry(self, recipient: str, out_id: str, since: datetime) -> _Entry | None:
        from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest  # noqa: PLC0415  (an extra)

        local = since.astimezone(_CHINA)
        for day in sorted({local.date(), (local + timedelta(minutes=1)).date()}):
            request = QuerySendDetailsRequest(
                phone_number=_number(recipient), send_date=f"{day:%Y%m%d}", page_size=_PAGE, current_page=1
            )
            asking = self._client.query_send_details_with_options_async(request, _runtime())
            body = (await _ask(asking)).body
            if body.code != codes.OK:
                raise DeliveryError(codes.error(str(body.code)).reason)
            for each in (body.sms_send_detail_dtos.sms_send_detail_dto or []) if body.sms_send_detail_dtos else []:
                if each.out_id == out_id and _sent_at(each.send_date) >= since - _CLOCKS_DIFFER:
                    return _Entry(int(each.send_status), str(each.err_code or ""))
        return None

    async def close(self) -> None:
        """The library opens a connection for each call."""


async def _wire(call: Awaitable[T]) -> T:
    """Wait for an answer within our own time limit. Raises DeliveryError; the library's errors hold the number."""
    from darabonba.exceptions import ResponseException  # noqa: PLC0415  (an extra)
    from Tea.exceptions import TeaException  # noqa: PLC0415
    from Tea.exceptions import UnretryableException as GaveUp  # noqa: PLC0415

    try:
        async with asyncio.timeout(_CALL_S):
            return await call
    except ResponseException as error:
        raise codes.error(str(error.code or ""), error.status_code or 0) from None
    except (TeaException, GaveUp, OSError, TimeoutError):
        raise DeliveryError("no_answer", maybe_sent=True) from None


async def _ask(call: Awaitable[T]) -> T:
    """As `_wire`, for a question: nothing can have been sent by it."""
    try:
        return await _wire(call)
    except DeliveryError as error:
        raise DeliveryError(error.reason) from None


def _runtime() -> "RuntimeOptions":
    """One try a call: whether there is another is ours to say."""
    from darabonba.runtime import RuntimeOptions  # noqa: PLC0415  (an extra)

    return RuntimeOptions(autoretry=False, max_attempts=1, connect_timeout=_CONNECT_MS, read_timeout=_READ_MS)


def _number(recipient: str) -> str:
    """Numbers of the mainland without their prefix, others with it and without a plus."""
    return recipient.removeprefix("+86").removeprefix("+")


def _sent_at(words: str | None) -> datetime:
    try:
        return datetime.strptime(words or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)
    except ValueError:
        raise DeliveryError("unreadable_list") from None


def make(settings: Settings) -> AliyunChannel:
    """Build the channel. Raises SetupError if a setting or the library is missing."""
    if not settings.aliyun_key or not settings.aliyun_secret.get_secret_value():
        raise SetupError("RELIGHT_ALIYUN_KEY and RELIGHT_ALIYUN_SECRET are not set")
    if not settings.aliyun_signature:
        raise SetupError("RELIGHT_ALIYUN_SIGNATURE is not set: the approved signature that messages bear")
    return AliyunChannel(_client(settings), settings.aliyun_signature)


def _client(settings: Settings) -> "Client":
    try:
        from alibabacloud_dysmsapi20170525.client import Client  # noqa: PLC0415  (an extra)
        from alibabacloud_tea_openapi.utils_models import Config  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise SetupError(f"{missing.name} is missing; install relight[aliyun]") from None
    for name in ("darabonba-core", "alibabacloud-tea"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they write down each request, with the number in it
    place = urlsplit(settings.aliyun_url)
    return Client(
        Config(
            access_key_id=settings.aliyun_key,
            access_key_secret=settings.aliyun_secret.get_secret_value(),
            endpoint=place.netloc,
            protocol=place.scheme,
        )
    )


def make_pushes(settings: Settings) -> AliyunPushes | None:
    """Build the reader of receipts and answers; None where no word is set, and then receipts are only asked for.

    Raises SetupError if the word is short.
    """
    word = settings.aliyun_push_word.get_secret_value()
    return AliyunPushes(word) if word else None
