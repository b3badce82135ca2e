"""Messages to customers' own programs: a signed POST of JSON to an address that they have given us."""

import asyncio
import json
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address

import httpx2

from app.context import utc_now
from app.domain import hook
from app.domain.hook import HookError
from app.domain.proving import hook_secret
from app.models.account import ChannelName
from app.settings import Settings
from app.setup import SetupError
from notifier.channels.webhook import codes
from notifier.ports import DeliveryError, Rendered

_CALL_S = 5.0


class WebhookChannel:
    """Whatever was not answered is posted again: the receiver folds repeats by `Idempotency-Key`, our message's id.

    The name is looked up once and the address that was looked at is the one that is called, so that a name cannot
    lead somewhere else in between. No redirect is followed, and of an answer only its status is read. Each call makes a
    connection of its own: one that was opened to another name at the same address proved that other name only.
    """

    name = "webhook"
    carries = frozenset({ChannelName.WEBHOOK})

    def __init__(self, settings: Settings) -> None:
        self._private = settings.webhook_private
        self._secret = settings.session_secret.get_secret_value()
        self._client = httpx2.AsyncClient(
            verify=ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
            limits=httpx2.Limits(max_keepalive_connections=0),  # kept ones are told apart by address, not by name
        )

    async def send(self, rendered: Rendered) -> str:
        """Post it; return our own id. Raises DeliveryError."""
        body, at_s = _body(rendered), int(utc_now().timestamp())
        if rendered.contact_id is None:
            raise DeliveryError("no_contact", permanent=True)
        headers = {
            "content-type": "application/json",
            "user-agent": "Relight",
            "idempotency-key": str(rendered.message_id),
            "relight-signature": hook.signature(hook_secret(self._secret, rendered.contact_id), at_s, body),
        }
        try:
            async with asyncio.timeout(_CALL_S):
                status = await self._post(rendered.recipient, headers, body)
        except HookError as error:
            raise DeliveryError(error.code, permanent=True) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, UnicodeError) as error:
            raise DeliveryError("no_answer") from error
        refusal = codes.error(status)
        if refusal is not None:
            raise refusal
        return str(rendered.message_id)

    async def find(self, rendered: Rendered, since: datetime) -> str | None:
        """Nobody need be asked: posting again is safe."""
        return None

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        there = httpx2.URL(hook.check_url(url, private=self._private))
        address = await self._looked_up(there)
        named = headers | {"host": there.netloc.decode()}
        called = there.copy_with(host=address)
        told = {"sni_hostname": there.host}  # the certificate is held against the name, not the address
        request = self._client.build_request("POST", called, headers=named, content=body, extensions=told)
        answer = await self._client.send(request, stream=True)
        await answer.aclose()
        return answer.status_code

    async def _looked_up(self, there: httpx2.URL) -> str:
        port = there.port or (443 if there.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(there.host, port, type=socket.SOCK_STREAM)
        return first_callable(sorted({str(each[4][0]) for each in found}), private=self._private)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def first_callable(addresses: Sequence[str], *, private: bool) -> str:
    """An address that may be called. Raises HookError where one of them may not: half a trick is a trick."""
    if not addresses:
        raise HookError("hook_bad")
    if not private and not all(hook.is_public(ip_address(each.partition("%")[0])) for each in addresses):
        raise HookError("hook_private")
    return next((each for each in addresses if ":" not in each), addresses[0])


def _body(rendered: Rendered) -> bytes:
    told = {
        "id": str(rendered.message_id),
        "kind": rendered.kind,
        "meter": rendered.variables.get("meter", ""),
        "locale": rendered.locale,
        "title": rendered.title,
        "text": rendered.body,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def make(settings: Settings) -> WebhookChannel:
    """Build the channel. Raises SetupError without the key that secrets are derived from."""
    if not settings.session_secret.get_secret_value():
        raise SetupError("RELIGHT_SESSION_SECRET: set it as for the web; the secrets of webhooks are derived from it")
    return WebhookChannel(settings)
