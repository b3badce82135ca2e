"""What the terminal says, in the languages it speaks: code -> (Chinese, English). Short enough for eight lines."""

from kiosk.ui.screens import Say
from kiosk.ui.words_ends import ENDS

LANGUAGES = ("zh", "en")

_HOME = {
    "verbatim": ("{text}", "{text}"),
    "attract": ("自助购电 · 复电", "Pay and have your power back"),
    "attract_more": ("请触摸屏幕、按任意键，或扫描电表二维码", "Touch, press any key, or scan the code on your meter"),
    "no_paying_now": (
        "网络中断，现在不能付款；输入充值码和复电可以使用",
        "No network: paying is not possible now. Codes and switching on work.",
    ),
    "no_ways": ("现在没有可用的付款方式", "There is no way to pay at the moment"),
    "start": ("开始", "Begin"),
    "stop": ("结束", "Finish"),
    "back": ("返回", "Back"),
    "enter": ("确认", "Enter"),
    "keypad_keys": ("数字选择 确认 返回", "0-9  Enter  Back"),
    "home": ("您要办什么？", "What would you like?"),
    "home_more": (
        "也可以直接扫描电表二维码、充值码或凭条",
        "Or hold a meter's code, a token or a receipt before the scanner",
    ),
    "home_meter": ("查余额 · 购电", "Balance, pay"),
    "home_token": ("我有 20 位充值码", "I have a 20-digit code"),
    "home_restore": ("家里没电", "My power is out"),
    "home_notices": ("停电公告", "Notices"),
    "number": ("哪块电表？", "Which meter?"),
    "number_label": ("表号，印在电表上", "Number printed on the meter"),
    "number_for_look": ("请输入 11 或 12 位表号，或扫描电表二维码", "Type its 11 or 12 digits, or scan its code"),
    "number_for_token": ("充值码要输入哪块电表？", "Which meter is the code for?"),
    "number_for_restore": ("哪块电表没电？", "Which meter is dark?"),
    "wrong_number_short": ("表号为 11 或 12 位，请再数一遍", "A meter number has 11 or 12 digits. Please count again."),
    "wrong_account_number": ("这是户号，请输入电表上的表号", "That is an account number. Type the one on the meter."),
    "wrong_not_a_meter_number": ("有一位不对，请与电表核对", "One digit is not right. Compare it with the meter."),
    "wrong_number_check_digit": ("有一位不对，请与电表核对", "One digit is not right. Compare it with the meter."),
    "wrong_number_unknown": ("没有这个表号，请与电表核对", "We do not know this number. Compare it with the meter."),
    "working_looking": ("正在查询…", "Looking…"),
    "working_reading": ("正在读取电表…", "Asking the meter…"),
    "working_entering": ("正在送入电表…", "Carrying it to the meter…"),
    "working_switching": ("正在合闸…", "Switching on…"),
    "working_opening": ("正在准备付款…", "Opening the payment…"),
    "working_charging": ("正在收款…", "Taking the payment…"),
    "working_printing": ("正在打印…", "Printing…"),
    "working_more": ("请稍候，不要离开", "Please wait a moment"),
}

_METER = {
    "meter": ("电表 {number}", "Meter {number}"),
    "supply_on": ("正在供电", "Power is on"),
    "supply_off": ("已停电", "Power is off"),
    "supply_armed": ("请到电表旁按键合闸", "Ready: press the button at your meter"),
    "supply_keep_power": ("保电中，不会停电", "Power is on and will not be cut"),
    "supply_unknown": ("不知道是否有电", "Whether the power is on is not known"),
    "source_live": ("平台余额，{age}读取", "Balance read {age}"),
    "source_line": ("刚从电表读取，{age}", "Read from the meter {age}"),
    "source_kept": ("离线保存的余额，{age}", "Kept here while off line, {age}"),
    "dark_credit": ("停电原因：余额不足，付款后即可复电", "Why: the balance is used up. Pay and it comes back."),
    "dark_area_outage": ("停电原因：本片区停电，正在抢修", "Why: the whole area is out. Repair is under way."),
    "dark_planned_work": ("停电原因：计划检修", "Why: planned work in this area."),
    "dark_armed": ("已允许合闸：请到电表旁按键", "It waits for your hand: press the button at the meter."),
    "dark_on_its_way": ("已付款，正在送往电表", "Your payment is on its way to the meter."),
    "dark_fault": ("可能是设备故障，请致电供电公司", "Perhaps a fault. Please call the utility."),
    "dark_line_down": ("联系不上电表，原因尚不清楚", "The meter cannot be reached: we do not know yet."),
    "dark_unknown": ("原因尚不清楚，请先读取电表", "We do not know yet. Let us ask the meter."),
    "dark_not_dark": ("电表显示有电", "The meter says that it is on."),
    "arrears": ("以前欠费 {amount}", "Owed from before: {amount}"),
    "least": ("付 {amount} 即可复电", "Pay {amount} or more and the light comes back"),
    "days_left": ("约可用 {count} 天", "Lasts about {count} days"),
    "reach_down": (
        "联系不上电表：付款后会给您充值码，可在此送入",
        "The meter cannot be reached. You will get a code that works here.",
    ),
    "held_for_staff": (
        "该户有多块表：付款后由工作人员确认充入哪块表",
        "Your account has several meters: after paying, our staff say into which it goes.",
    ),
    "not_for_sale": ("此表尚未投运，暂不能购电", "This meter is not in service yet. Nothing can be paid for it."),
    "card_deliver": ("把已购电送入电表", "Bring what was bought into the meter"),
    "card_pay": ("购电", "Pay"),
    "card_token": ("输入充值码", "Enter a code"),
    "card_restore": ("复电", "Switch on"),
    "card_read": ("读取电表", "Ask the meter now"),
    "how_much": ("购多少？", "How much?"),
    "arrears_first": ("其中 {amount} 先抵扣欠费", "{amount} of it settles what was owed"),
    "offer": ("{amount}", "{amount}"),
    "offer_days": ("{amount} · 约 {count} 天", "{amount} · about {count} days"),
    "offer_restores": ("{amount} · 可复电", "{amount} · light comes back"),
    "own_amount": ("其他金额", "Another amount"),
    "amount_label": ("整元", "Whole amount"),
    "amount_bounds": ("{least} 至 {most}", "{least} to {most}"),
    "wrong_amount_too_small": ("最少 {least}", "{least} at least"),
    "wrong_amount_too_large": ("最多 {most}", "{most} at most"),
    "how_pay": ("付 {amount}，怎么付？", "Pay {amount}: how?"),
    "way_qr_sandbox": ("手机扫码（演练银行）", "Scan with my phone (rehearsal bank)"),
    "way_qr_wechatpay": ("微信扫码", "Scan with WeChat"),
    "way_qr_alipay": ("支付宝扫码", "Scan with Alipay"),
    "way_qr_stripe": ("手机扫码刷卡", "Card, on my phone"),
    "way_barcode": ("出示我的付款码", "Show my payment code"),
    "brake": ("请稍等：已有一笔钱在路上", "Wait: there is money on its way already"),
    "hold_paying": ("有一笔 {amount} 的付款页面还开着", "A payment of {amount} is still open"),
    "hold_being_checked": ("有一笔 {amount} 正在核对，不会丢失", "{amount} is being checked; it will not be lost"),
    "hold_with_staff": ("有一笔 {amount} 正由工作人员处理", "Our staff are looking at {amount}"),
    "hold_on_its_way": (
        "先前的 {amount} 正送往电表，不会丢失",
        "Your earlier {amount} is on its way; it will not be lost",
    ),
    "see_story": ("看看到哪了", "See where it is"),
    "pay_anyway": ("仍要再付", "Pay again anyway"),
    "pay_this": ("请付 {amount}", "Pay {amount}"),
    "scan_with_phone": ("用手机扫描此码付款", "Scan this with your phone to pay"),
    "good_until": ("{time} 前有效", "Good until {time}"),
    "hold_code": ("付 {amount}：请出示付款码", "Pay {amount}: show your payment code"),
    "hold_code_more": (
        "打开微信或支付宝的付款码，对准扫码口",
        "Open the payment code in WeChat or Alipay and hold it before the scanner",
    ),
    "wrong_token_is_no_money": (
        "这是充值码，不是付款码；它不会被发送出去",
        "That is a token, not a payment code. It was sent to nobody.",
    ),
    "wrong_not_a_payer_code": ("这不是付款码，请打开付款码再试", "That is no payment code. Open yours and try again."),
    "checking": ("正在核对这笔付款", "Your payment is being checked"),
    "checking_more": (
        "请不要再付一次。若已扣款，电会送到；若未扣款，不会收费。",
        "Do not pay again. If money was taken, it becomes credit; if not, nothing is charged.",
    ),
    "token": ("输入充值码", "Enter the code"),
    "token_label": ("20 位，每 4 位一组", "20 digits, in blocks of four"),
    "token_block": ("第 {block} 组，共 5 组；输错只需退格", "Block {block} of 5. A wrong key: take it back."),
    "wrong_token_short": ("还不到 20 位", "These are not 20 digits yet"),
    "hand": ("您在电表旁吗？可以送电吗？", "Are you here, and may the power come on?"),
    "hand_more": (
        "请先关掉电炉、电熨斗等可能造成危险的电器",
        "First switch off what could be dangerous: cooker, iron, heater",
    ),
    "hand_yes": ("我在场，可以送电", "I am here: switch it on"),
    "hand_credit_only": ("只充值，先不送电", "Only the credit, leave it off"),
    "no_notices": ("没有公告", "There are no notices"),
    "notice_back_by": ("预计 {until} 恢复", "Expected back at {until}"),
    "notice_span": ("{from} 至 {until}", "{from} to {until}"),
    "as_of": ("离线保存，{age}", "Kept while off line, {age}"),
    "next_notice": ("下一条", "Next"),
    "idle_warning": ("还在吗？{count} 秒后清屏", "Still there? Wiped in {count} s"),
    "stay": ("继续", "I am still here"),
}

_INBOX = {
    "card_still_out": ("仍未来电", "Still without power"),
    "still_out": ("已记录：您家仍未来电", "Noted: you are still without power"),
    "still_out_more": ("请先检查电表旁的开关。工作人员会尽快处理。", "Check your breaker. Our staff will see to it."),
    "card_inbox": ("消息 {count} 条", "Messages: {count}"),
    "posted_when": ("{age}", "{age}"),
    "next_posted": ("下一条（{place}/{count}）", "Next ({place} of {count})"),
    "posted_alarm_a": ("余额不足", "Low balance"),
    "posted_alarm_b": ("余额严重不足", "Very low balance"),
    "posted_alarm_owing": ("已欠费", "The meter owes money"),
    "posted_disconnected": ("余额用完，已停电", "Without supply"),
    "posted_meter_event": ("电表消息", "News of the meter"),
    "posted_purchase_credited": ("购电已到账", "Credit has arrived"),
    "posted_outage_planned": ("计划停电", "Work ahead"),
    "posted_outage_now": ("停电", "Supply is away"),
    "posted_outage_changed": ("复电时间有变", "Supply comes back at another time"),
    "posted_outage_restored": ("已恢复供电", "Supply is back"),
    "posted_outage_withdrawn": ("停电计划取消", "Work called off"),
    "posted_other": ("消息", "Message"),
}

_SCANS = {
    "scan_elsewhere": (
        "这个码不是我们的，不要扫它付款",
        "This code leads elsewhere. It is not ours: do not pay with it.",
    ),
    "scan_unknown": ("不认识这个码", "This code is of no use here"),
    "scan_badge": ("已登记工作人员证", "Badge noted"),
    "scan_payer_not_now": (
        "请先选择电表和金额，再出示付款码",
        "First choose the meter and the amount, then show your payment code",
    ),
}

WORDS: dict[str, tuple[str, str]] = {**_HOME, **_METER, **_INBOX, **_SCANS, **ENDS}


def sentence(say: Say, language: str) -> str:
    """A sentence in one of the languages; a reason that has no words is said as unknown, never as a code."""
    words = WORDS.get(say.code) or WORDS[_general(say.code)]
    return words[LANGUAGES.index(language)].format(**say.facts)


def _general(code: str) -> str:
    family = code.split("_", 1)[0]
    known = f"{family}_other_more" if code.endswith("_more") else f"{family}_other"
    return known if known in WORDS else "trouble_other"
