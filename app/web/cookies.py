"""Cookies: out of reach of scripts, never sent along from other sites' forms, over https only where we have it."""

from http.cookies import SimpleCookie


def cookie(name: str, value: str, *, https: bool, max_age_s: int | None = None) -> str:
    """The Set-Cookie line; without `max_age_s` it ends with the browser."""
    made: SimpleCookie = SimpleCookie({name: value})
    morsel = made[name]
    morsel["path"], morsel["samesite"], morsel["httponly"] = "/", "Lax", True
    if max_age_s is not None:
        morsel["max-age"] = str(max_age_s)
    if https:
        morsel["secure"] = True
    return morsel.OutputString()
