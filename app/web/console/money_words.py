"""What the console says of refunds, of cash and of the providers' bills."""

from app.web.marking import N_

MONEY: dict[str, str] = {
    "kind_refund_refused": N_("Refund refused"),
    "kind_refund_refused_more": N_(
        "The provider will not give this money back. Try again, or give it back another way and note how."
    ),
    "act_retry_refund_refused_more": N_("The provider is asked again, under the same refund number."),
    "ev_refund_ref": N_("Refund number"),
    "job_refund_payment": N_("Give the money back"),
    "booking_refund": N_("Refund"),
    "booking_advance": N_("Emergency credit"),
    "source_counter": N_("booked what was given"),
    "refund_due": N_("to be asked for"),
    "refund_asked": N_("the provider has it"),
    "refund_done": N_("given back"),
    "refund_refused": N_("refused"),
    "why_not_paid": N_("the provider says that it was never paid"),
    "why_more_than_paid": N_("more than was paid"),
    "why_refused": N_("the provider refused"),
    "why_order_differs": N_("the provider knows the number with another amount"),
    "cash_amount_empty": N_("Say how much was given."),
    "cash_amount_not_number": N_("The amount must be a number such as 50."),
    "cash_amount_too_small": N_("This is less than the smallest purchase."),
    "cash_amount_too_large": N_("This is more than the largest purchase."),
    "cash_amount_not_whole": N_("Whole amounts only."),
    "cash_token": N_("That is a token for the meter, not a payment code. It was sent to nobody."),
    "cash_unknown": N_("This is no payment code of WeChat Pay or Alipay. Ask the payer to show it again."),
    "cash_not_offered": N_("Codes of this app cannot be taken here."),
    "cash_number_unknown": N_("There is no meter or account of this number. Read it to each other digit by digit."),
}
