"""Codes of this part of the console, and their English sentences."""

from app.web.marking import N_

_WRONG = {
    "join_bad_name": N_("A name has 1 to 80 characters."),
    "join_name_taken": N_("Another head end has this name."),
    "join_bad_url": N_("This is no address of an interface: https://, a host, perhaps a port and a path."),
    "join_not_https": N_("Tokens travel there: the address has to begin with https."),
    "join_bad_key": N_("A key name has letters, digits, dots, dashes and underscores, 80 at most."),
    "join_short_secret": N_("A secret has 32 characters or more, letters, digits and signs of the keyboard."),
    "join_no_session_secret": N_("RELIGHT_SESSION_SECRET is not set: nothing can be sealed."),
    "join_place_full": N_("There are too many places."),
    "join_no_node": N_("Choose where in the grid it stands."),
    "join_no_meters": N_("Choose a place, and type 1 to 2000 numbers of meters."),
    "join_unknown_meters": N_("These meters are not known; nothing was changed:"),
    "join_meters_kept": N_(
        "Terminals keep what these meters buy, and that does not follow them. End it first; nothing was changed:"
    ),
    "join_meter_busy": N_(
        "Something is on its way to one of these meters now. Nothing was changed; try again in some minutes."
    ),
}
_STATES = {
    "health_off": N_("switched off"),
    "health_unwatched": N_("no front-end looks after it"),
    "health_troubled": N_("does not answer as it should"),
    "health_well": N_("answers"),
    "task_open": N_("under way"),
    "task_done": N_("done"),
    "task_refused": N_("refused"),
    "task_not_done": N_("surely not done"),
    "task_unknown": N_("nobody knows: the meter is read"),
    "task_cancelled": N_("called off in time"),
    "task_lost": N_("given up: the meter is read"),
    "task_not_sent": N_("never left"),
}
_KINDS = {
    "asked_recharge": N_("Recharge"),
    "asked_enter_token": N_("Enter a token"),
    "asked_switch": N_("Relay or keep-power"),
    "asked_trip": N_("Trip the relay"),
    "asked_write": N_("Write registers"),
    "asked_set_clock": N_("Set the clock"),
    "asked_enter_tokens": N_("Enter tokens other than credit"),
}
_TROUBLES = {
    "why_head_end_unreachable": N_("no connection to the head end"),
    "why_head_end_silent": N_("the head end did not answer in time"),
    "why_head_end_troubled": N_("the head end, or what stands before it, reports an error of its own"),
    "why_head_end_busy": N_("the head end takes no tasks now"),
    "why_head_end_too_late": N_("the task came too late for the head end"),
    "why_head_end_refused": N_("the head end refused and gave no reason that we know"),
    "why_bad_signature": N_("the answer does not prove that it is from the head end: compare the secrets"),
    "why_too_old": N_("the answer is minutes old or early: compare the clocks"),
    "why_bad_answer": N_("the answer cannot be read"),
    "why_other_task": N_("the answer is about another task"),
    "why_secret_not_opened": N_("the secret does not open: the session secret was changed; enter it again"),
    "why_earlier_task_open": N_("an earlier task about this meter has not ended"),
    "why_not_reached": N_("the head end did not reach the meter"),
    "why_no_result": N_("the head end has not told the end of the task"),
    "why_bad_result": N_("the result cannot be read"),
    "why_unknown_meter": N_("the head end does not know this meter"),
    "why_bad_task": N_("the head end does not understand the task"),
    "why_task_conflict": N_("the head end has another task under this number"),
}
_MORE_KINDS = {
    "asked_read_wallet": N_("Read the wallet"),
    "asked_read_relay": N_("Read the relay"),
    "asked_read": N_("Read registers"),
    "asked_read_frozen": N_("Read a frozen day"),
    "asked_read_frozen_many": N_("Read a frozen day of many meters"),
}
_FIELDS = {
    "field_task_kind": N_("Task"),
    "field_task_state": N_("State"),
    "field_task_code": N_("Reason"),
    "field_task_id": N_("Number of the task"),
    "field_task_address": N_("Meter address"),
    "field_task_model": N_("Model"),
    "field_task_priority": N_("Priority"),
    "field_task_expires_at": N_("Must have begun by"),
    "field_task_callback_url": N_("Where it calls us back"),
    "field_task_amount_minor": N_("Amount"),
    "field_task_number": N_("Purchase count"),
    "field_task_customer": N_("Customer number"),
    "field_task_digits": N_("Token"),
    "field_task_already": N_("Taken before"),
    "field_task_balance_minor": N_("Balance"),
    "field_task_overdraft_minor": N_("Overdraft"),
    "field_task_count": N_("Purchase count"),
    "field_task_relay_open": N_("Relay open"),
    "field_task_command_open": N_("Ordered open"),
    "field_task_alarm": N_("Alarm"),
    "field_task_keep_power": N_("Keep-power"),
    "field_task_wish": N_("Wish"),
    "field_task_names": N_("Registers"),
    "field_task_days_ago": N_("Days ago"),
    "field_task_meters": N_("Meters"),
}
_IN_TASKS = {f"word_task_{code.removeprefix('asked_')}": said for code, said in (_KINDS | _MORE_KINDS).items()} | {
    f"word_{code}": said for code, said in _STATES.items() if code.startswith("task_")
}
_COLUMNS = {
    "column_head_end": N_("Head end"),
    "column_places": N_("Places"),
    "column_under_way": N_("Under way"),
    "column_queued": N_("In its queue"),
    "column_last_trouble": N_("Last trouble"),
    "column_last_trouble_at": N_("Last trouble on"),
}
WORDS: dict[str, str] = _COLUMNS | _WRONG | _STATES | _KINDS | _MORE_KINDS | _TROUBLES | _FIELDS | _IN_TASKS
