"""What the links of concentrators bring that is refused or dropped, and why a talk with one did not work."""

from app.web.marking import N_

_DROPPED = {
    "dropped_foreign": N_("frames under another address"),
    "dropped_unasked": N_("answers that nobody asked for"),
    "dropped_late": N_("answers that came too late"),
    "dropped_doubled": N_("what had come before"),
    "dropped_unreadable": N_("answers and reports that make no sense"),
    "dropped_broken": N_("answers of which a part was missing"),
    "dropped_another_meter": N_("answers of a meter that was not asked"),
    "dropped_flood": N_("links ended: too many frames"),
    "dropped_too_much_noise": N_("links ended: nothing but noise"),
    "dropped_too_slow": N_("links ended: a frame that would not end"),
    "dropped_crowded": N_("connections without a place"),
    "dropped_too_late": N_("connections without a login in time"),
    "dropped_no_login": N_("connections that began with something else"),
    "dropped_unknown_address": N_("logins under an unknown address"),
    "dropped_rival": N_("logins under the address of another that is on line"),
}
_WHY = {
    "why_denied_in_part": N_("the concentrator took only a part of it"),
    "why_bad_argument": N_("no frame can hold this value"),
    "why_not_read_back": N_("it could not be read back"),
    "why_nothing_said": N_("the concentrator confirmed and told nothing"),
    "why_flood": N_("the concentrator sent too much; its link was ended"),
    "why_too_slow": N_("a frame would not end; the link was ended"),
    "why_link_replaced": N_("a newer link took its place"),
    "why_link_silent": N_("the concentrator was silent for too long"),
    "why_not_in_archive": N_("the archive does not let it in any more"),
    "why_logged_out": N_("the concentrator logged out"),
}
_REGISTERS = {
    "register_clock_ahead_s": N_("Clock ahead of ours, in seconds"),
    "register_syncs_meters": N_("Tells its meters the time"),
    "register_F24": N_("Reading interval"),
}

LINKS: dict[str, str] = _DROPPED | _WHY | _REGISTERS
