"""Each screen of the terminal as it looks at its fullest: every state, with what may stand in it."""

from datetime import UTC, datetime, timedelta

from kiosk.answers import Charged, Entered, MeterCard, Notices, Printed, PrintEnd, Restored, Source
from kiosk.meter import Outcome, TokenEnd
from kiosk.shapes import Announcement, Begun, MeterView, Offer, PayWay, Posted, Step, Story, Trouble, UnderWay
from kiosk.ui import states as at
from kiosk.ui.states import State
from tests.headend_client.simulator.bench import STS_NUMBER

_NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_HELD = (UnderWay("on_its_way", "order1", 5_000), UnderWay("with_staff", "order2", 123_456))
_VIEW = MeterView(
    number=STS_NUMBER, here=True, takes_tokens=True, source="daily", supply="off", balance_minor=-1_235,
    read_at=_NOW, arrears_minor=24_000, least_minor=26_000, reach="down", dark="credit",
    offers=(
        Offer(26_000, restores=True, days=4), Offer(30_000, days=11), Offer(50_000, days=28), Offer(100_000, days=73),
    ),
    under_way=_HELD, ways=(PayWay("wechatpay", "qr"), PayWay("alipay", "qr"), PayWay("wechatpay", "barcode")),
)  # fmt: skip
_WARNED = (
    "您的余额为 ¥-12.35。余额用尽后电表将自动断电；充值 ¥260.00 及以上即可继续用电。"
    "可在本终端、手机或任一营业厅使用微信或支付宝充值；如有困难，请致电客服，我们会与您商定分期补缴。"
)
_POSTED = tuple(Posted(STS_NUMBER, kind, _NOW, _WARNED) for kind in ("alarm_b", "outage_planned"))
_CARD = MeterCard(
    STS_NUMBER, Source.LIVE, takes_tokens=True, as_of=_NOW - timedelta(hours=26), balance_minor=-1_235, supply="off",
    arrears_minor=24_000, on_line=True, waiting=1, may_pay=True, view=_VIEW, inbox=_POSTED,
)  # fmt: skip
_BARE = MeterCard(STS_NUMBER, Source.KEPT, takes_tokens=True, as_of=_NOW - timedelta(days=3), supply="unknown")
_STEPS = tuple(
    Step(step, mark, _NOW)
    for step, mark in (
        ("paid", "done"), ("confirmed", "done"), ("token", "done"), ("sent", "late"), ("read_back", "ahead"),
        ("supply", "ahead"), ("receipt", "ahead"), ("told", "ahead"),
    )
)  # fmt: skip
_STORY = Story(
    ref="order1", state="paid", headline="unreachable", amount_minor=26_000, lines=_STEPS, purchase="p1",
    balance_after_minor=8_765, tokens=("58402217903644518820",),
)  # fmt: skip
_NOTICES = Notices(
    tuple(
        Announcement(
            str(place), kind, "now", "路灯街停电", "Lamp Street is out", "电缆受损，抢修人员已到现场。",
            "A cable is damaged. The crew is there.", _NOW, _NOW + timedelta(hours=30), here=True,
        )
        for place, kind in enumerate(("outage", "news"))
    ),
    _NOW - timedelta(hours=2),
)  # fmt: skip


def stills() -> list[State]:
    """One state of each kind, and several where they look different."""
    refused = Entered(STS_NUMBER, (TokenEnd(Outcome.REFUSED, "key_expired_error"),))
    unknown = Entered(STS_NUMBER, (TokenEnd(Outcome.UNKNOWN, "no_answer"),))
    low = Restored("off", code="below_limit", balance_minor=-1_235)
    return [
        at.Attract(), at.Home(), at.AskNumber(), at.AskNumber("token", STS_NUMBER, "number_check_digit"),
        at.Working("entering"), at.Card(_CARD), at.Card(_BARE), at.AskAmount(_CARD), at.AskAmount(_CARD, own=True),
        at.AskAmount(_CARD, own=True, typed="99999", wrong="amount_too_large"), at.AskWay(_CARD, 26_000, "form"),
        at.Brake(_CARD, 26_000, _HELD), at.PayQr(_CARD, 26_000, Begun("order1", qr="https://pay.example/x" * 3)),
        at.AskPayerCode(_CARD, 26_000, "form", wrong="token_is_no_money"), at.Checking(Charged("unknown")),
        at.Told(_STORY, Printed("p1", PrintEnd.PAPER_OUT)), at.AskToken(STS_NUMBER, "5840221790"),
        at.AskToken(wrong="token_short"), at.AskHand(STS_NUMBER, handle="h"), at.WasEntered(refused),
        at.WasEntered(unknown), at.WasRestored(STS_NUMBER, low), at.WasRestored(STS_NUMBER, Restored("on")),
        at.WasRestored(STS_NUMBER, Restored("armed")), at.ShowNotices(_NOTICES), at.ShowNotices(Notices((), None)),
        at.ShowInbox(_CARD, 1), at.SaidStillOut(_CARD), at.WasPrinted(Printed("p1", PrintEnd.PRINTED)),
        at.Failed(Trouble("unreachable")),
        at.NoSuchCode("elsewhere"),
    ]  # fmt: skip
