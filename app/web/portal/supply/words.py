"""Codes of these pages become sentences here (app.web.words)."""

from app.web.marking import N_

_DARK = {
    "dark_credit": N_("The money in your meter is used up"),
    "dark_credit_more": N_("That is why it has switched off. Pay, and watch how the light comes back."),
    "dark_area_outage": N_("The power is out in your whole area"),
    "dark_area_outage_more": N_("It is not about your meter or your balance. We are working on it."),
    "dark_planned_work": N_("The power is off for planned work"),
    "dark_planned_work_more": N_("It was announced, and it comes back by itself when the work is done."),
    "dark_armed": N_("Your meter waits for your hand"),
    "dark_armed_more": N_(
        "It is ready. For your safety it does not switch on by itself: check that nothing dangerous is on, then hold "
        "the button at the meter until the light comes on."
    ),
    "dark_on_its_way": N_("You have paid, and it is on its way"),
    "dark_on_its_way_more": N_("Your money is safe. Do not pay again: watch how it gets to your meter."),
    "dark_fault": N_("There is money in the meter, and it is still off"),
    "dark_fault_more": N_("This is not about your balance. Please call us: somebody has to look at it."),
    "dark_line_down": N_("We do not know yet"),
    "dark_line_down_more": N_(
        "We cannot reach your meter just now, so we do not guess. Look at its display, and call us if it is blank."
    ),
    "dark_unknown": N_("We do not know yet"),
    "dark_unknown_more": N_("What we know is too old to say. Let us ask your meter now; it takes a few seconds."),
    "dark_not_dark": N_("Your meter says that it is switched on"),
    "dark_not_dark_more": N_(
        "Then the trouble is behind the meter. Look at the switches in your fuse box. If they are all on and it is "
        "dark all the same, call us."
    ),
}

_NOTICES = {
    "notice_planned": N_("Planned work"),
    "notice_unplanned": N_("Power failure"),
    "notice_news": N_("News"),
    "phase_ahead": N_("announced"),
    "phase_now": N_("now"),
    "phase_late": N_("takes longer than expected"),
    "phase_restored": N_("power is back"),
    "phase_over": N_("over"),
}

_REACH = {
    "reach_good": N_("The line to your meter is good."),
    "reach_poor": N_("Your meter has not answered well lately. It may take longer than usual."),
    "reach_down": N_("We cannot reach your meter just now."),
}

_ADVANCE = {
    "advance_switched_off": N_("There is no emergency credit here."),
    "advance_not_read": N_("Your balance has not been read yet. Let us read the meter first."),
    "advance_not_needed": N_("There is still money in your meter, so you do not need it now."),
    "advance_taken": N_("Your account has emergency credit already. It is repaid first from the next payment."),
    "advance_too_soon": N_("You had emergency credit only a short while ago."),
    "advance_money_coming": N_("Money is on its way to this meter, so you do not need it now."),
    "advance_too_little": N_("It would not be enough to bring the light back, so it would only leave a debt."),
    "advance_meter_down": N_("We cannot reach your meter just now, so it could not get there."),
}

_SCAN = {
    "scan_empty": N_("Nothing was scanned. Please try again, or type the number."),
    "scan_elsewhere": N_("This code leads to somebody else's site, so we do not open it. Look for ours at your meter."),
    "scan_secret": N_(
        "This is a code for money. Type it into your meter, or scan it at a terminal; we have not kept it."
    ),
    "scan_unknown": N_("This is not a code of ours. Scan the one on your meter, or type the number."),
}

WORDS: dict[str, str] = {**_DARK, **_NOTICES, **_REACH, **_ADVANCE, **_SCAN}
