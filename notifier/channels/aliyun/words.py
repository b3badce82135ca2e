"""Which approved template stands for a message, and what its variables are."""

import json
from dataclasses import dataclass

from notifier.ports import NEEDS_TEMPLATE, DeliveryError, Rendered

NAME = "aliyun"
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Fitting:
    """A template's code, and its variables as JSON."""

    code: str
    variables: str


def fitting(rendered: Rendered) -> Fitting:
    """Find the template in `provider_codes["aliyun"]`: "SMS_1" (no variables), or ["SMS_1", "meter", "amount"].

    Free text is no template: it raises DeliveryError("needs_template"), and another provider may carry it. A template
    that asks for a variable that the message lacks raises "bad_template".
    """
    said = rendered.provider_codes.get(NAME)
    code, *names = [said] if isinstance(said, str) else said or [""]
    if not code:
        raise DeliveryError(NEEDS_TEMPLATE, permanent=True)
    if any(name not in rendered.variables for name in names):
        raise DeliveryError("bad_template", permanent=True)
    variables = json.dumps({name: rendered.variables[name] for name in names}, ensure_ascii=False)
    if len(variables) > _LONGEST:
        raise DeliveryError("bad_template", permanent=True)
    return Fitting(code, variables)
