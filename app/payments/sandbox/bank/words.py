"""The words of the rehearsal bank's own page."""

ENGLISH = {
    "title": "Rehearsal bank",
    "banner": "This is a rehearsal bank. No real money moves.",
    "to_pay": "To pay",
    "order": "Order",
    "until": "Pay before",
    "pay": "Pay",
    "decline": "Decline",
    "more": "Rehearse something that goes wrong",
    "late": "Pay late",
    "late_when": "The money arrives",
    "after_20": "20 seconds later",
    "after_60": "1 minute later",
    "after_300": "5 minutes later",
    "after_expiry": "after the order has expired",
    "twice": "Pay twice",
    "wrong": "Pay this amount instead",
    "wrong_label": "Wrong amount",
    "lose": "Lose the callback: the shop is not told and has to ask",
    "back": "Back to the shop",
    "paid": "This order is paid.",
    "under_way": "The payment is under way.",
    "closed": "The shop has closed this order.",
    "expired": "The time to pay this order is over.",
    "declined": "The payment was declined. You can try again.",
    "unknown": "There is no such order here.",
    "bad_amount": "Please give the wrong amount as a figure, such as 12.50.",
    "agree_title": "Standing agreement",
    "agree_most": "The shop may take, each time, up to",
    "agree_sign": "Agree",
    "agree_decline": "Do not agree",
    "agree_signed": "This agreement is signed.",
    "agree_ended": "This agreement has ended.",
    "agree_unknown": "There is no such agreement here.",
}

CHINESE = {
    "title": "演练银行",
    "banner": "这是演练银行，不会产生真实扣款。",
    "to_pay": "应付金额",
    "order": "订单号",
    "until": "付款截止",
    "pay": "付款",
    "decline": "拒绝付款",
    "more": "演练异常情况",
    "late": "延迟付款",
    "late_when": "款项到账时间",
    "after_20": "20 秒后",
    "after_60": "1 分钟后",
    "after_300": "5 分钟后",
    "after_expiry": "订单过期之后",
    "twice": "重复付款两次",
    "wrong": "按此金额付款",
    "wrong_label": "错误金额",
    "lose": "丢弃回调：不通知商户，由商户自行查询",
    "back": "返回商户",
    "paid": "该订单已付款。",
    "under_way": "款项正在途中。",
    "closed": "商户已关闭该订单。",
    "expired": "该订单已过付款时间。",
    "declined": "付款被拒绝，可以重试。",
    "unknown": "没有这个订单。",
    "bad_amount": "请输入数字金额，例如 12.50。",
    "agree_title": "签约代扣",
    "agree_most": "商户每次最多可扣",
    "agree_sign": "同意签约",
    "agree_decline": "不同意",
    "agree_signed": "该协议已签约。",
    "agree_ended": "该协议已终止。",
    "agree_unknown": "没有这个协议。",
}

LANGUAGES = {"zh": CHINESE, "en": ENGLISH}


def choose_language(asked: str, accepted: str) -> str:
    """`zh` or `en`: what the address asks for (?lang=), else the first of them in Accept-Language, else Chinese."""
    offers = [asked, *(part.split(";")[0].strip() for part in accepted[:500].split(","))]
    known = (offer[:2].lower() for offer in offers)
    return next((offer for offer in known if offer in LANGUAGES), "zh")
