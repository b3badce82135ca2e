"""Words for what tariffs, running parameters and archives are asked for, and for how such items end."""

from app.web.console.devices import bit_words
from app.web.marking import N_

_ARGUMENTS = {
    "argument_prices_backup_e4": N_("Prices to come, by tariff"),
    "argument_prices_switch_at": N_("Prices switch at"),
    "argument_zones_second": N_("Year zones of the second set: from which day on which day table"),
    "argument_zones_switch_at": N_("Year zones switch at"),
    "argument_days_1_second": N_("Day table 1 of the second set: from when on which tariff"),
    "argument_days_2_second": N_("Day table 2 of the second set: from when on which tariff"),
    "argument_days_3_second": N_("Day table 3 of the second set: from when on which tariff"),
    "argument_days_4_second": N_("Day table 4 of the second set: from when on which tariff"),
    "argument_days_switch_at": N_("Day tables switch at"),
    "argument_read_at": N_("Read daily at (hh:mm)"),
    "argument_clock_at": N_("Broadcast the time at (hh:mm)"),
}
_SAID = {
    "register_purchases": N_("Purchases"),
    "register_waiting": N_("Still on their way"),
    "register_added": N_("Meters added"),
    "register_entries": N_("Meters there"),
    "register_missing": N_("Meters missing there"),
    "register_strange": N_("Meters there that are not ours"),
    "register_missing_meters": N_("Missing meters"),
    "register_strange_meters": N_("Addresses of strange meters"),
}
_GROUPS = {
    "op_read_group": N_("Read what the terminal keeps of its purchases"),
    "op_start_purchase_control": N_("Start purchase control at the terminal"),
    "op_stop_purchase_control": N_("Stop purchase control at the terminal"),
    "register_group": N_("Total group"),
    "register_left_kwh": N_("Energy left"),
    "register_left_minor": N_("Money left"),
    "register_bought_kwh": N_("Bought last"),
    "register_bought_minor": N_("Bought last"),
    "register_alarm_at_kwh": N_("Warns at"),
    "register_alarm_at_minor": N_("Warns at"),
    "register_trip_at_kwh": N_("Opens at"),
    "register_trip_at_minor": N_("Opens at"),
    "register_rounds": N_("Switches that take part"),
    "register_rounds_tripped": N_("Switches opened by order"),
    "register_rounds_spent": N_("Switches opened because nothing is left"),
    "register_purchase_control": N_("Purchase control"),
    "why_terminal_keeps": N_("its terminal keeps its purchases"),
    "why_no_group": N_("its terminal keeps nothing for it"),
    "why_no_energy": N_("nobody has said how much energy it is: the tariff has more than one price"),
}
_WHY = {
    "why_no_meters_there": N_("no such meter is there"),
    "why_cannot_hang_so": N_("a meter cannot hang there as it is written down"),
    "why_points_used_up": N_("the concentrator has no measuring point left"),
    "why_no_supply_group": N_("the meter takes no tokens"),
    "why_no_security_module": N_("there is no security module"),
    "why_nothing_to_download": N_("nothing is paid that is not in the meter"),
    "why_still_on_its_way": N_("still on its way, and goes on by itself"),
    "why_in_review": N_("a person has to decide about a purchase"),
    "why_not_in_scheme": N_("its collection scheme fetches no events"),
}

WORDS: dict[str, str] = _ARGUMENTS | _SAID | _GROUPS | _WHY | bit_words.WORDS
