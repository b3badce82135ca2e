"""Codes of the control page, as English sentences (app.web.words merges the portal's; these are the demo's own)."""

from collections.abc import Callable

from app.web.marking import N_

WORDS: dict[str, str] = {
    "bank_silent": N_("does nothing and answers nothing"),
    "bank_slow": N_("answers 2 seconds late"),
    "bank_loses_answers": N_("does what is asked, and its answer is lost"),
    "bank_double_callbacks": N_("sends every callback twice at once"),
    "bank_late_callbacks": N_("sends callbacks 30 seconds late"),
    "bank_bad_signature": N_("signs callbacks wrongly"),
    "bank_declines": N_("declines every payment"),
    "bank_refund_refused": N_("refuses refunds"),
    "bank_refund_slow": N_("takes 10 seconds for a refund"),
    "conduct_arrives": N_("messages arrive"),
    "conduct_rejects": N_("rejects for good"),
    "conduct_fails": N_("fails every other try"),
    "conduct_silent": N_("takes them and never answers"),
    "line_none": N_("carries everything"),
    "line_cut": N_("carries nothing, as if it were cut"),
    "line_noise": N_("crackles, and spoils three answers"),
    "line_slow": N_("every answer comes a second late"),
    "line_duplicate": N_("every answer comes twice"),
    "line_echo": N_("the terminal hears itself first"),
    "script_well_behaved": N_("does what the standard says"),
    "script_slow": N_("slow"),
    "script_deaf": N_("obeys, and its answer is lost"),
    "script_dead": N_("never answers"),
    "script_lazy_relay": N_("says yes and leaves the relay open"),
    "script_wrong_count": N_("holds another purchase count"),
    "script_keep_power": N_("keeps power"),
    "script_hoarder": N_("refuses too much credit"),
    "script_drops_link": N_("breaks the link amid its answer"),
    "script_late_answer": N_("answers when nobody waits any more"),
}


def say(gettext: Callable[[str], str], code: str) -> str:
    """The sentence for a code; a code without words as it is."""
    sentence = WORDS.get(code)
    return gettext(sentence) if sentence else code.replace("_", " ")
