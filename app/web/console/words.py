"""What the console says: codes of reviews, acts, states, jobs and the ledger, and their English sentences."""

from app.web.marking import N_

_KINDS = {
    "kind_unknown_order": N_("Money for an unknown order"),
    "kind_wrong_amount": N_("Wrong amount"),
    "kind_wrong_currency": N_("Wrong currency"),
    "kind_paid_twice": N_("Paid twice"),
    "kind_paid_after_review": N_("More money for a payment in question"),
    "kind_not_on_bill": N_("Not on the provider's bill"),
    "kind_bill_differs": N_("The provider's bill differs"),
    "kind_meter_refused": N_("The meter refused"),
    "kind_count_confused": N_("Purchase count does not fit"),
    "kind_relay_not_proved": N_("Relay not proved"),
    "kind_work_order": N_("Work order: credit not in the meter"),
    "kind_attempts_spent": N_("Tried too often"),
    "kind_unknown_concentrator": N_("Concentrator not in the archive"),
    "kind_two_concentrators": N_("Two concentrators, one address"),
    "kind_token_not_issued": N_("Token not issued"),
    "kind_kiosk_sick": N_("A terminal needs somebody"),
}

_KIND_MORE = {
    "kind_unknown_order_more": N_(
        "A provider reports money for an order number that is not ours. It is kept in suspense until somebody decides."
    ),
    "kind_wrong_amount_more": N_(
        "The amount that came is not the amount that was due. It is kept in suspense; nothing has been credited."
    ),
    "kind_wrong_currency_more": N_(
        "The money came in another currency than the order was in. It is kept in suspense in its own currency."
    ),
    "kind_paid_twice_more": N_(
        "Money came again for a payment that has already been paid. The first one is a purchase of its own."
    ),
    "kind_paid_after_review_more": N_(
        "Money came for a payment whose earlier money is with staff, was decided by them, or was taken back."
    ),
    "kind_not_on_bill_more": N_("The provider told us of a success that its own bill of the day does not list."),
    "kind_bill_differs_more": N_("The provider's bill lists this payment with other figures than it told us."),
    "kind_meter_refused_more": N_(
        "The meter said no, and its count, read back afterwards, says that nothing has changed in it."
    ),
    "kind_count_confused_more": N_(
        "The meter counts neither ours nor the one before, or holds another purchase under our number. Nothing is "
        "sent blindly: find out whose credit it holds."
    ),
    "kind_relay_not_proved_more": N_(
        "The credit is in the meter, but reading its status word back did not prove what was ordered."
    ),
    "kind_work_order_more": N_(
        "The network could not carry the credit in time. It keeps trying; somebody may have to go there."
    ),
    "kind_attempts_spent_more": N_(
        "A promise was tried more often than any rule foresees. It rests for an hour between tries."
    ),
    "kind_unknown_concentrator_more": N_("A concentrator that nobody has entered tried to log in. It was not let in."),
    "kind_two_concentrators_more": N_(
        "Two devices log in under one address. Until one of them is changed, links go back and forth."
    ),
    "kind_kiosk_sick_more": N_("A terminal at a metering box is silent, open or broken. Its page says which."),
    "kind_token_not_issued_more": N_(
        "The security module did not make the token, so the purchase cannot be carried or typed."
    ),
}

_ACTS = {
    "act_refund": N_("Refund"),
    "act_accept": N_("Accept as purchase"),
    "act_retry": N_("Try again"),
    "act_landed": N_("It is in the meter"),
    "act_set_back": N_("The meter was set back"),
    "act_set_back_more": N_(
        "Somebody made sure that this meter counts from the beginning. Its count is taken over, and this purchase goes "
        "under the next number of the new count; what was sold to it before keeps its own."
    ),
    "act_warned": N_("They were warned in person"),
    "act_note": N_("Close with a note"),
    "act_refund_more": N_("The money is booked as due back to the payer."),
    "act_accept_more": N_("What really came becomes a purchase for this meter; arrears are settled first."),
    "act_landed_more": N_(
        "Somebody saw this credit in the meter. It is booked as delivered, and the meter's count becomes ours."
    ),
    "act_warned_more": N_(
        "Somebody has just spoken to the people of this home; say below who, with whom and how. From now on it counts "
        "as a warning that arrived, and the rules about cutting give them their time from now."
    ),
    "act_note_more": N_("Nothing is changed; the question is closed with your remark."),
    "act_retry_meter_refused_more": N_("It is sent again. The meter is read first, as always."),
    "act_retry_token_not_issued_more": N_("The security module is asked again."),
    "act_retry_relay_not_proved_more": N_("The relay is read again, and ordered again if the rules say so."),
    "act_retry_work_order_more": N_("It is tried at once instead of at its next time."),
    "act_retry_attempts_spent_more": N_("It is tried at once, and its tries are counted anew."),
    "again_new_number": N_("Our books take over the meter's count, and the purchase is sent under the next number."),
    "again_ask": N_("The meter is read first; nothing is sent unless its count says that this purchase is missing."),
}

_BARS = {
    "bar_remark_missing": N_("Say why: the remark is part of the record."),
    "bar_already_settled": N_("Somebody has settled this already. What they decided stands below."),
    "bar_act_not_allowed": N_("This cannot be done with a question of this kind."),
    "bar_moved_on": N_("The purchase has moved on since this was asked. Look at it again."),
    "bar_nothing_kept": N_("No money is kept in suspense for this."),
    "bar_maybe_in_meter": N_(
        "It was sent, and no count proves that it is not in the meter. What a meter may hold is not refunded."
    ),
    "bar_token_out": N_(
        "A token was issued. Whoever has its digits can type it at any time, so the money cannot go back."
    ),
    "bar_not_set_back": N_("The meter counts no less than it is known to have taken, so it was not set back."),
    "bar_another_sending": N_("Another purchase is on its way to this meter. What becomes of it must be known first."),
    "bar_count_says_no": N_("The meter itself says that this credit is not in it."),
}

_EVIDENCE = {
    "ev_number": N_("Our number"),
    "ev_count": N_("Count in the meter"),
    "ev_balance_minor": N_("Balance in the meter"),
    "ev_record_minor": N_("Newest purchase in the meter"),
    "ev_own_record_minor": N_("Under our number the meter wrote down"),
    "ev_read_at": N_("Read again at"),
    "ev_recorded_at": N_("By its own record it took it at"),
    "ev_last_sent_at": N_("Ours left for the last time at"),
    "ev_code": N_("Its answer"),
    "ev_reason": N_("Reason"),
    "ev_tries": N_("Tries"),
    "ev_waited_s": N_("Waited"),
    "ev_act": N_("Order to the relay"),
    "ev_job": N_("Job"),
    "ev_attempts": N_("Tries"),
    "ev_error": N_("Last error"),
    "ev_provider": N_("Provider"),
    "ev_order_ref": N_("Order number"),
    "ev_event_id": N_("Event"),
    "ev_paid_minor": N_("Came"),
    "ev_due_minor": N_("Due"),
    "ev_bill_minor": N_("On the bill"),
    "ev_currency": N_("Currency"),
    "ev_region": N_("Region"),
    "ev_terminal": N_("Terminal"),
    "ev_front_end": N_("Front-end"),
    "ev_act_leave": N_("leave as it is"),
    "ev_act_close": N_("close"),
    "ev_act_arm": N_("allow to close by hand"),
    "ev_act_forbid": N_("keep open"),
}

_STATES = {
    "purchase_paid": N_("Waits to be sent"),
    "purchase_sending": N_("Being sent"),
    "purchase_review": N_("With staff"),
    "purchase_credited": N_("In the meter"),
    "purchase_settled": N_("Arrears settled"),
    "purchase_refunded": N_("Refunded"),
    "payment_waiting": N_("Waiting"),
    "payment_paid": N_("Paid"),
    "payment_failed": N_("Failed"),
    "payment_closed": N_("Closed"),
    "payment_review": N_("With staff"),
    "payment_refunded": N_("Refunded"),
    "message_queued": N_("queued"),
    "message_sending": N_("being sent"),
    "message_sent": N_("sent"),
    "message_delivered": N_("delivered"),
    "message_failed": N_("failed"),
    "message_expired": N_("expired"),
    "message_unknown": N_("perhaps sent: its carrier is asked"),
    "message_dropped": N_("no longer true, not sent"),
    "message_purchase_credited": N_("Credit arrived"),
    "message_purchase_token": N_("Token to type"),
    "message_alarm_a": N_("Alarm A"),
    "message_alarm_b": N_("Alarm B"),
    "message_login_code": N_("Sign-in code"),
    "message_confirm_address": N_("Mail address to confirm"),
    "message_receipt": N_("Receipt"),
    "message_top_up_due": N_("Reminder to top up"),
    "message_top_up_failed": N_("Top-up refused"),
    "message_refund_done": N_("Money given back"),
    "channel_sms": N_("SMS"),
    "channel_email": N_("E-mail"),
    "source_callback": N_("told us"),
    "source_query": N_("answered when asked"),
    "source_bill": N_("put it on its bill"),
}

_JOBS = {
    "job_issue_token": N_("Issue the token"),
    "job_download_purchase": N_("Download"),
    "job_read_records": N_("Ask the meter what it wrote down"),
    "job_check_relay": N_("See to the relay"),
    "job_read_balance": N_("Read the balance"),
    "job_read_daily": N_("Read daily values"),
    "job_announce_credit": N_("Announce the credit"),
    "job_announce_token": N_("Announce the token"),
    "job_announce_alarm": N_("Announce the alarm"),
    "job_render_receipt": N_("Issue the receipt"),
    "job_ask_provider": N_("Ask the provider"),
    "job_charge_rule": N_("Charge by a rule"),
    "job_send_message": N_("Send the message"),
    "job_send_bulk": N_("Send a message that nobody waits for"),
    "job_fall_back": N_("Tell whoever stands in"),
    "job_step_campaign": N_("Go on with a bulk send"),
    "verb_download": N_("Download"),
    "verb_read_records": N_("Purchase records"),
    "verb_check_relay": N_("Relay"),
    "verb_read_balance": N_("Balance"),
    "after_relay_leave": N_("Nothing was ordered"),
    "after_relay_close": N_("After the order to close"),
    "after_relay_arm": N_("After the order to allow closing"),
    "after_relay_forbid": N_("Kept open: the balance does not allow it"),
}

_LEDGER = {
    "booking_payment": N_("Payment"),
    "booking_arrears": N_("Arrears"),
    "booking_credit": N_("Credit"),
    "booking_resolution": N_("Decision"),
    "ledger_provider": N_("Provider"),
    "ledger_owed_to_meters": N_("Owed to meters"),
    "ledger_delivered": N_("Delivered to meters"),
    "ledger_arrears": N_("Arrears"),
    "ledger_suspense": N_("Suspense"),
    "ledger_rounding": N_("Rounding"),
    "ledger_refunds_due": N_("Refunds due"),
    "acted_token_seen": N_("saw the whole token"),
}

_SIGN_IN = {
    "sign_in_wrong": N_("Login or password is not right."),
    "sign_in_busy": N_("Too many people sign in at this moment. Try again in a few seconds."),
}

DESK: dict[str, str] = _KINDS | _KIND_MORE | _ACTS | _BARS | _EVIDENCE | _STATES | _JOBS | _LEDGER | _SIGN_IN
