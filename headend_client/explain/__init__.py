"""Takes stored frames, and tasks of existing head ends, apart for people: every field by name, masked bytes as such.

Never used to decide.
"""

from collections.abc import Callable

from headend_client.explain.inner import explain_inner
from headend_client.explain.outer import explain_outer
from headend_client.explain.sight import Sight, sight_of
from headend_client.explain.task import explain_task, is_task
from headend_client.fields import Explained, Field, Form


def explain(outer_hex: str, inner_hex: str) -> Explained:
    """Explain one exchange as it was stored, hex with 'xx' for hidden bytes. What is no hex is one unreadable field."""
    return Explained(_fields(outer_hex, explain_outer), _fields(inner_hex, explain_inner))


def _fields(text: str, explained: Callable[[Sight], tuple[Field, ...]]) -> tuple[Field, ...]:
    if not text:
        return ()
    try:
        sight = sight_of(text)
        return explain_task(sight) if is_task(sight) else explained(sight)
    except ValueError:
        return (Field("unreadable", text, Form.BYTES, text),)
