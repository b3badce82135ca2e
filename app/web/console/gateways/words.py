"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "gateway_bad_host": N_("This is no address that can be dialled: a name or an IP address, without a port."),
    "gateway_bad_port": N_("A port is a number from 1 to 65535."),
    "gateway_gateway_name": N_("A gateway needs a name of at most 60 characters."),
    "gateway_gateway_place": N_("Choose where in the grid it stands."),
    "gateway_gateway_taken": N_("Another gateway is at this address already."),
    "gateway_gateway_full": N_("There are too many gateways."),
    "gateway_gateway_in_use": N_("Meters or terminals still hang behind it. Move them first."),
    "gateway_gateway_has_history": N_(
        "Frames, events or operations of it are on record and stay there. Enter that it is expected no longer instead."
    ),
    "why_line_silent": N_("nobody answered on the gateway's line"),
    "why_gateway_silent": N_("several meters behind the gateway were silent, it is dialled anew"),
    "why_gateway_let_go": N_("another front-end holds the gateway now, or its place was changed"),
    "why_link_dead": N_("its link did not answer when another front-end asked"),
    "column_dialled_at": N_("Dialled at"),
    "column_held_by": N_("Held by"),
}
