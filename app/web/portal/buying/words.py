"""Codes of these pages become sentences here (app.web.words)."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "provider_wechatpay": N_("WeChat Pay"),
    "provider_stripe": N_("Card"),
    "provider_counter": N_("Cash desk"),
    "reach_unsaid": N_("Nothing has been paid. Please tick that you want to pay although the line is down."),
    "meter_not_in_service": N_(
        "This meter is new and is still being tried. As soon as it is in service you can pay for it."
    ),
    "meter_removed": N_("This meter hangs there no more."),
    "links_too_many": N_("You have ten open links for this meter. Stop one of them first."),
    "topup_below": N_("Say below which balance the rule is to act."),
    "topup_day": N_("The day of the month may be 1 to 28."),
    "topup_most": N_("It may act 1 to 10 times a month."),
    "topup_many": N_("You have four rules for this meter. Stop one of them first."),
    "topup_phone": N_("A rule needs a phone that it can write to. Please sign in with your phone number once."),
    "topup_sign_down": N_(
        "The page for signing cannot be reached right now. The rule is kept and sends you a link until you have signed."
    ),
    "topup_not_revoked": N_(
        "The rule is stopped and we take no more money. The payment service could not be told: "
        "end the agreement there too."
    ),
}
