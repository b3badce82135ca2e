"""What the console says of remote fee control: of doubts about energy, of charges, of what stands against a cut."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "kind_energy_in_doubt": N_("Energy that cannot be charged"),
    "kind_energy_in_doubt_more": N_(
        "What this meter says it used cannot be right by itself. Nothing is charged on until somebody has decided."
    ),
    "act_retry_energy_in_doubt_more": N_("It is looked at again, by the readings that are there by now."),
    "act_charge_it": N_("The reading is right: charge it"),
    "act_charge_it_more": N_(
        "The days are charged up to this reading, however far it jumps. It must not lie further back."
    ),
    "act_count_anew": N_("Count from here on"),
    "act_count_anew_more": N_("The meter is charged from this reading on; what lies before it costs nothing."),
    "doubt_went_back": N_("the register went back"),
    "doubt_jumped": N_("more than a meter can use in a day"),
    "doubt_does_not_add_up": N_("the energy by tariff is missing, or is not the whole"),
    "ev_doubt": N_("In doubt because"),
    "ev_day": N_("Day"),
    "ev_before_wh": N_("Charged up to (Wh)"),
    "ev_now_wh": N_("Read (Wh)"),
    "booking_fund_opened": N_("Remote fee control begins"),
    "booking_charge": N_("Use charged"),
    "booking_fund_closed": N_("Remote fee control ends"),
    "ledger_energy_sold": N_("Energy sold"),
    "ledger_fund": N_("Held for the meter"),
    "fee_local": N_("local: the meter holds the money"),
    "fee_remote": N_("remote: the ledger holds the money"),
    "purchase_kind_carried": N_("carried over from the ledger"),
}
