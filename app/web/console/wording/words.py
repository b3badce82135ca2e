"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "kind_template_broken": N_("A template failed"),
    "kind_template_broken_more": N_(
        "A version of a template could not be put into words for a message. The shipped words went out in its place."
    ),
    "ev_template": N_("Template"),
    "ev_template_version": N_("Version"),
}
