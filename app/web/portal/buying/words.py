"""Codes of these pages become sentences here (app.web.words)."""

from app.web.marking import N_

WORDS: dict[str, str] = {
    "provider_wechatpay": N_("WeChat Pay"),
    "provider_stripe": N_("Card"),
}
