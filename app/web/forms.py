"""What people send in forms. Strings only, few and short, and never a character that a database refuses."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_FIELDS = 50
LONGEST_FIELD = 4000
_LONGEST_REF = 32


async def fields(request: Request) -> Mapping[str, str]:
    """The form's fields, last value each. Raises HTTPException 400 for what no form of ours sends."""
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    found: dict[str, str] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str) or len(value) > LONGEST_FIELD or "\0" in value:
            raise HTTPException(400)
        found[name] = value
    return found


def query(request: Request, name: str) -> str:
    """A query parameter, or nothing."""
    value = request.query_params.get(name, "")
    if len(value) > LONGEST_FIELD or "\0" in value:
        raise HTTPException(400)
    return value


def ref_in_path(request: Request, name: str = "ref") -> str:
    """A reference in the address; what cannot be one is not found."""
    ref = str(request.path_params[name])
    if not (ref.isascii() and ref.isalnum() and len(ref) <= _LONGEST_REF):
        raise HTTPException(404)
    return ref
