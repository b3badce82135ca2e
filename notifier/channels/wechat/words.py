"""Which registered template stands for a message, and what its keywords say."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifier.ports import NEEDS_TEMPLATE, DeliveryError, Rendered

NAME = "wechat"
# How long a value may be, by the kind of its keyword (subscription notices, "parameter values").
_LONGEST = {"thing": 20, "short_thing": 5, "phrase": 5, "const": 20, "character_string": 32, "number": 32, "letter": 32}
_ANY = 20


@dataclass(frozen=True, slots=True)
class Fitting:
    """A template's id, and its keywords' values."""

    template: str
    values: Mapping[str, str]


def fitting(rendered: Rendered, shipped: str) -> Fitting:
    """Find the template in `provider_codes["wechat"]`: ["ID", "thing1=meter", "amount2=balance"].

    Where none is given, `shipped` (a setting, the same words with spaces between) stands for every kind; `title` and
    `text` are the message's own words. Raises DeliveryError: needs_template, bad_template. Words that are too long for
    a keyword are cut, for WeChat would refuse them.
    """
    said = rendered.provider_codes.get(NAME) or shipped.split()
    template, *pairs = [said] if isinstance(said, str) else said or [""]
    if not template:
        raise DeliveryError(NEEDS_TEMPLATE, permanent=True)
    known = {"title": rendered.title, "text": " ".join(rendered.body.split())} | dict(rendered.variables)
    values: dict[str, str] = {}
    for pair in pairs:
        keyword, _, variable = pair.partition("=")
        if not variable or variable not in known:
            raise DeliveryError("bad_template", permanent=True)
        values[keyword] = _cut(known[variable], _LONGEST.get(keyword.rstrip("0123456789"), _ANY))
    return Fitting(template, values)


def _cut(value: str, longest: int) -> str:
    return value if len(value) <= longest else value[: longest - 1] + "…"
