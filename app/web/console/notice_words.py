"""What the console says about messages, roles and the permissions behind its pages."""

from app.web.marking import N_

_MESSAGES = {
    "message_given_up": N_("given up after its tries"),
    "message_replaced": N_("replaced by a newer one"),
    "message_alarm_owing": N_("Alarm: owing"),
    "message_reminder": N_("Reminder of customer service"),
    "message_outage_planned": N_("Outage: work ahead"),
    "message_outage_now": N_("Outage: supply is away"),
    "message_outage_changed": N_("Outage: expected end has moved"),
    "message_outage_restored": N_("Outage: supply is back"),
    "message_outage_withdrawn": N_("Outage: called off"),
    "message_disconnected": N_("Home without money"),
    "message_device_event": N_("Event of a device"),
    "message_meter_event": N_("Event of the meter"),
    "message_balance_answer": N_("Answer: balance"),
    "message_help_answer": N_("Answer: what can be asked"),
    "message_still_out_answer": N_("Answer: still out"),
    "channel_voice": N_("Call"),
    "channel_wechat": N_("WeChat"),
    "channel_webhook": N_("Webhook"),
    "channel_inbox": N_("Inbox"),
}
_KINDS = {
    "kind_cut_held": N_("Cut held back: nobody was warned"),
    "kind_cut_held_more": N_(
        "A meter would be cut for its balance, but no warning is proved to have been delivered. Reach them otherwise."
    ),
    "kind_still_out": N_("Still out after the restoration"),
    "kind_still_out_more": N_("Somebody answered that the supply which was announced as back has not reached them."),
    "kind_disconnection": N_("A home without money"),
    "kind_disconnection_more": N_("The money has been gone for longer than the rules allow without anybody looking."),
    "kind_device_unanswered": N_("Nobody has acknowledged an event"),
    "kind_device_unanswered_more": N_("Every step of the alarm scheme was told, and nobody has it in hand."),
}
_ROLES = {
    "role_service": N_("Customer service"),
    "role_cashier": N_("Cashier"),
    "role_operator": N_("Operator"),
    "role_finance": N_("Finance"),
    "role_admin": N_("Administrator"),
}

NOTICES: dict[str, str] = _MESSAGES | _KINDS | _ROLES
