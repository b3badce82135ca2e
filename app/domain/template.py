"""The life of a template's version (SPEC N-4)."""

from enum import StrEnum


class TemplateState(StrEnum):
    """`asked`: waits for approval. `retired`: another version is in use since."""

    DRAFT = "draft"
    ASKED = "asked"
    IN_USE = "in_use"
    REFUSED = "refused"
    RETIRED = "retired"
