"""What makes the portal installable, and what it says without a network. No personal page is ever kept."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.i18n import translations
from app.web.assets import FOLDER, asset_url
from app.web.marking import N_
from app.web.pages import page
from app.web.state import deps, reader

_SHORT = "Relight"
_WHAT = N_("Prepaid electricity: balance, pay, power back.")
_GREEN, _GREY = "#018942", "#ededed"
_A_DAY = "public, max-age=86400"


async def give_manifest(request: Request) -> Response:
    """GET /manifest.webmanifest (W3C Web Application Manifest)."""
    name = deps(request).settings.utility_name
    words = translations(reader(request))
    manifest = {
        "id": "/",
        "name": name,
        "short_name": name if len(name) <= len(_SHORT) + 5 else _SHORT,
        "description": words.gettext(_WHAT),
        "lang": "zh-Hans" if reader(request) == "zh" else "en",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": _GREEN,
        "background_color": _GREY,
        "icons": [
            {"src": asset_url("icon-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": asset_url("icon-512.png"), "sizes": "512x512", "type": "image/png"},
            {"src": asset_url("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        ],
    }
    headers = {"cache-control": _A_DAY, "vary": "cookie, accept-language"}
    return JSONResponse(manifest, media_type="application/manifest+json", headers=headers)


async def give_worker(request: Request) -> Response:
    """GET /sw.js: at the root, because a service worker serves only what lies below it."""
    code = (FOLDER / "supply-offline.js").read_text("utf-8")
    kept = ["/offline", asset_url("vendor/weui/weui.css"), asset_url("relight.css"), asset_url("supply.css")]
    text = f"const KEPT = {kept!r};\n{code}".replace("'", '"')
    return Response(text, media_type="text/javascript", headers={"cache-control": "no-cache"})


async def show_offline(request: Request) -> Response:
    """GET /offline: kept by the service worker, shown when there is no network. It knows nobody."""
    answer = page(request, "portal/supply/offline.html", {})
    answer.headers["cache-control"] = "no-cache"
    return answer
