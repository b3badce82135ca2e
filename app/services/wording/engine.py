"""The engine that puts facts into words. Words are written by staff: they look at values and can do nothing else."""

from functools import lru_cache

from jinja2 import StrictUndefined, TemplateRuntimeError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_KEPT = 512
_LONGEST_REASON = 200


def _no_nothing(value: object) -> object:
    """A figure that is not known is a gap, not the word "None"."""
    if value is None:
        raise UndefinedError("a value is not known")
    return value


ENGINE = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # plain text: escaping would put &amp; into an SMS
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_no_nothing,
)
FILTERS = ("join", "capitalize", "upper", "lower", "trim", "length", "first", "last")
ENGINE.filters = {name: ENGINE.filters[name] for name in FILTERS}
ENGINE.globals = {}


def fill(text: str, variables: dict[str, object]) -> str:
    """Put values into words. Raises jinja2.TemplateError: a defect of the words."""
    try:
        return _compiled(text).render(variables).strip()
    except (
        TypeError,
        ValueError,
        ArithmeticError,
        RecursionError,
        SyntaxError,
    ) as error:  # a word held against a number
        raise TemplateRuntimeError(f"{type(error).__name__}: {error}"[:_LONGEST_REASON]) from None


# What is compiled is kept by its text: another version is another text, so nothing can be stale.
_compiled = lru_cache(maxsize=_KEPT)(ENGINE.from_string)
