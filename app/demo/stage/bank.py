"""The rehearsal bank's faults, by its control door (app/payments/sandbox/README.md)."""

from collections.abc import Mapping

import httpx2

from app.settings import Settings

_DEADLINE_S = 5.0
_GONE = (httpx2.HTTPError, OSError, ValueError)


async def look(settings: Settings) -> dict[str, bool] | None:
    """Each fault and whether it is on; None while the bank does not answer."""
    return await _ask(settings, None)


async def switch(settings: Settings, form: Mapping[str, str]) -> bool:
    """Switch one fault; say whether the bank has done it."""
    fault, on = form.get("fault", ""), form.get("on") == "1"
    told = await _ask(settings, {fault: on})
    return told is not None and told.get(fault) is on


async def _ask(settings: Settings, change: dict[str, bool] | None) -> dict[str, bool] | None:
    url = f"{settings.sandbox_url.rstrip('/')}/_control"
    headers = {"authorization": f"Bearer {settings.sandbox_secret.get_secret_value()}"}
    try:
        async with httpx2.AsyncClient(timeout=_DEADLINE_S, trust_env=False) as client:
            verb = "GET" if change is None else "POST"
            answer = await client.request(verb, url, headers=headers, json=change)
            told = answer.raise_for_status().json()
    except _GONE:
        return None
    return {str(name): bool(on) for name, on in told.items()} if isinstance(told, dict) else None
