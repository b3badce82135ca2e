"""Writes docs/settings.md: `python -m app.settings_page > docs/settings.md` (make docs)."""

import sys

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.settings import Settings

_HEAD = """# Settings

Read from the environment. This page is written by `make docs`.

| variable | default | what it is |
| --- | --- | --- |
"""


def page() -> str:
    """The page, one line for each setting."""
    return _HEAD + "".join(_line(name, field) for name, field in Settings.model_fields.items())


def variable(name: str, field: FieldInfo) -> str:
    """The environment variable that sets a field."""
    alias = field.validation_alias
    if alias is None:
        return f"{Settings.model_config.get('env_prefix', '')}{name}".upper()
    return alias if isinstance(alias, str) else str(next(iter(getattr(alias, "choices", [name]))))


def _line(name: str, field: FieldInfo) -> str:
    return f"| `{variable(name, field)}` | {_default(field)} | {field.description or ''} |\n"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    shown = str(field.default)
    return f"`{shown}`" if shown else "none"


if __name__ == "__main__":
    sys.stdout.write(page())
