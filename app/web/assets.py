"""Style sheets, scripts and pictures: read once, packed once, named by what is in them, kept by browsers for ever."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).resolve().parent / "static"
PREFIX = "/static/"
_SERVED = {".css", ".js", ".svg", ".png", ".ico", ".wasm"}
_PACKED = {".css", ".js", ".svg", ".wasm"}
_TYPES = {".wasm": "application/wasm"}  # a browser compiles it under this type only
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file under the name that holds its fingerprint."""

    name: str
    media_type: str
    plain: bytes
    packed: bytes | None


def _asset(path: Path) -> Asset:
    plain = path.read_bytes()
    mark = hashlib.sha256(plain).hexdigest()[:10]
    name = path.relative_to(FOLDER).with_suffix(f".{mark}{path.suffix}").as_posix()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(plain, mtime=0) if path.suffix in _PACKED else None
    return Asset(name, media_type, plain, packed)


@cache
def _all() -> dict[str, Asset]:
    """Every asset by its plain name."""
    paths = (path for path in sorted(FOLDER.rglob("*")) if path.suffix in _SERVED)
    return {path.relative_to(FOLDER).as_posix(): _asset(path) for path in paths}


@cache
def _by_fingerprint() -> dict[str, Asset]:
    return {asset.name: asset for asset in _all().values()}


def asset_url(name: str) -> str:
    """Where `name` (a path below static/) is served. Raises KeyError for a file that is not there."""
    return PREFIX + _all()[str(PurePosixPath(name))].name


async def serve_asset(request: Request) -> Response:
    """GET /static/{name}: only names with the right fingerprint exist."""
    asset = _by_fingerprint().get(request.path_params["name"])
    if asset is None:
        raise HTTPException(404)
    headers = {"cache-control": _FOR_EVER, "vary": "accept-encoding"}
    if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, media_type=asset.media_type, headers=headers | {"content-encoding": "gzip"})
    return Response(asset.plain, media_type=asset.media_type, headers=headers)
