"""Codes of hand-held readers, and their English sentences."""

from app.domain.handheld import CARRIED
from app.web.marking import N_

_ASKED = {
    "job_apply_return": N_("Apply what a hand-held brought back"),
    "kind_handheld": N_("A hand-held reader"),
    "kind_handheld_more": N_(
        "A file of orders did not come back in its time, or what came back does not fit what is known. Ask whoever "
        "carries it, look at the meter, and note what you found."
    ),
    "bar_on_handheld": N_("Somebody carries this purchase in a hand-held reader: first it has to come back."),
    "ev_file": N_("File"),
    "ev_holder": N_("Carried by"),
    "ev_items": N_("Orders that are out"),
}
_WHY = {
    "why_handheld_overdue": N_("the hand-held did not come back in its time"),
    "why_cut_late": N_("supply was cut after the last moment for it"),
    "why_cut_and_paid": N_("supply was cut, and money has come since"),
    "why_handheld_refused": N_("the meter said no to the hand-held"),
    "why_meter_said_no": N_("the meter said no"),
    "why_by_handheld": N_("brought in by a hand-held reader"),
    "why_brought in by a hand-held": N_("brought in by a hand-held reader"),
    "why_moved_on": N_("it is no longer on its way"),
    "why_in_hands": N_("it is being sent at this moment"),
    "why_already_on_handheld": N_("it is in another hand-held reader"),
    "why_waits_behind": N_("an earlier purchase of the meter goes first"),
    "why_no_token_yet": N_("its token is not made yet"),
    "why_not_by_handheld": N_("the meter does not hold its money itself"),
    "why_exchange_under_way": N_("its meter is being exchanged"),
    "why_arrears_first": N_("arrears are settled first"),
    "why_not_tried": N_("not tried yet"),
    "why_done_late": N_("done, after its last moment"),
    "why_already": N_("it was in the meter already"),
    "why_unproved": N_("said to be done, and nothing was read that proves it"),
    "why_count_says_no": N_("said to be done, and the meter's count says no"),
    "why_bad_moment": N_("the moment cannot be right"),
    "why_gone_otherwise": N_("the purchase has gone another way meanwhile"),
}
_FINDINGS = {
    "finding_": N_("being looked at"),
    "finding_done": N_("done, and proved"),
    "finding_done_late": N_("done after its last moment"),
    "finding_already": N_("was in the meter already"),
    "finding_refused": N_("refused by the meter"),
    "finding_unproved": N_("said to be done, not proved"),
    "finding_not_tried": N_("not tried"),
    "finding_no_answer": N_("the meter did not answer"),
    "finding_repeated": N_("known from before"),
    "finding_count_says_no": N_("said to be done; the count says no"),
    "finding_count_confused": N_("the purchase count does not fit"),
    "finding_no_effect": N_("said to be done; read back it is not"),
    "finding_bad_moment": N_("from before the file, or from the future"),
    "finding_ended_otherwise": N_("an earlier row said something else"),
    "finding_gone_otherwise": N_("its money has gone another way"),
    "finding_unknown_command": N_("no order of ours, or never handed out"),
    "finding_wrong_meter": N_("the order was for another meter"),
    "finding_bad_state": N_("no such result"),
    "finding_bad_date": N_("no such date"),
    "finding_bad_number": N_("not a number"),
    "finding_not_digits": N_("not the digits of a meter"),
    "finding_not_hex": N_("not a hexadecimal word"),
    "finding_too_long": N_("too long for its column"),
    "finding_no_column": N_("a column is missing"),
    "finding_answered_twice": N_("the same as an earlier row"),
    "finding_contradicts": N_("rows of this file say different things"),
}
_STATES = {
    "handheld_out": N_("with its carrier"),
    "handheld_closed": N_("has come back"),
    "carried_out": N_("with the carrier"),
    "carried_done": N_("done"),
    "carried_refused": N_("refused"),
    "carried_unproved": N_("not proved"),
    "carried_given_back": N_("given back undone"),
    "carried_left_out": N_("kept here by a rule"),
}
_BARRED = {
    "carry_handheld_nobody": N_("Nobody is meant by that, or nothing is paid that waits. Say which meters are meant."),
    "carry_handheld_too_many": N_("A file takes 500 orders. Please narrow it, or make several."),
    "carry_handheld_nothing_goes": N_("Nothing of it can go now."),
    "carry_handheld_no_holder": N_("Say who carries it."),
    "carry_handheld_due": N_("It has to be back between now and thirty days from now."),
    "carry_handheld_no_reason": N_("A cut wants its cause and a reason."),
    "carry_handheld_no_limit": N_("Say the overdraft limit."),
    "carry_handheld_not_carried": N_("A hand-held reader cannot do that."),
    "carry_handheld_only_overdraft": N_("Of limits, a hand-held reader sets the overdraft only."),
    "carry_handheld_not_seen": N_("This is not what you looked at. Please look again."),
    "carry_handheld_closed": N_("This file is back already."),
    "carry_handheld_no_remark": N_("Say why it comes back undone."),
    "carry_bad_file": N_("This file cannot be read: it has to be a dBASE III file with the columns of results."),
    "carry_no_file": N_("Choose the file that the hand-held reader has written."),
    "carry_too_many_rows": N_("The file has more than 5000 rows."),
    "carry_see_tokens": N_("There are tokens in it: whoever hands it out must be allowed to see tokens."),
}
_COLUMNS = {
    "column_place": N_("Place"),
    "column_order": N_("Command"),
    "column_number": N_("Number"),
    "column_not_after": N_("Not after"),
    "column_row": N_("Row"),
    "column_file": N_("File"),
    "column_finding": N_("Finding"),
    "column_field": N_("Column"),
    "column_code": N_("Number of the order"),
    "column_at": N_("When"),
    "column_count": N_("Purchase count"),
    "said_not_tried": N_("not tried"),
    "said_done": N_("done"),
    "said_refused": N_("refused"),
    "said_no_answer": N_("no answer"),
}

_READ_THERE = N_("Read by a hand-held reader")
_AFTER = {f"after_handheld_{kind}": _READ_THERE for kind in CARRIED}

WORDS: dict[str, str] = _AFTER | _ASKED | _WHY | _FINDINGS | _STATES | _BARRED | _COLUMNS
