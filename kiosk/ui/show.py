"""From where somebody is to what they see. Pure: a state, what is possible, and the time, to one screen."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from kiosk.answers import MeterCard, Notices, Printed, Source, Works
from kiosk.answers import State as Service
from kiosk.codes import TOKEN_DIGITS
from kiosk.shapes import Announcement, Offer, Utility
from kiosk.ui import states as at
from kiosk.ui.figures import Figures
from kiosk.ui.outcomes import show_entered, show_failed, show_printed, show_restored, show_story
from kiosk.ui.screens import Choice, Entry, Say, Screen, Tone
from kiosk.ui.states import State

_STOP = Choice("stop", Say("stop"))


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a screen. `notices`: the board; `figures`: how money and time look."""

    works: Works
    utility: Utility
    notices: Notices
    figures: Figures
    now: datetime
    zone: tzinfo


def show(state: State, around: Around) -> Screen:
    """The screen of a state; a terminal that is not in use shows that and nothing else."""
    if around.works.state is not Service.OPEN:
        return Screen(
            "closed", Say(f"service_{around.works.state}"), (Say("service_more", _phone(around)),), back=False
        )
    match state:
        case at.Attract():
            return _attract(around)
        case at.Home():
            return _home(around)
        case at.AskNumber() as asked:
            return _number(asked)
        case at.Working(code=code):
            return Screen("working", Say(f"working_{code}"), (Say("working_more"),), busy=True, back=False)
        case at.Card(card=card):
            return _card(card, around)
        case at.AskToken() as asked_token:
            return _token(asked_token)
        case at.AskHand() as hand:
            return _hand(hand)
        case at.ShowNotices() as board:
            return _board(board, around)
        case at.ShowInbox() as inbox:
            return _inbox(inbox, around)
        case at.SaidStillOut():
            return Screen("still_out", Say("still_out"), (Say("still_out_more"),), Tone.GOOD, choices=(_STOP,))
        case at.NoSuchCode(code=code):
            return Screen("scanned", Say(f"scan_{code}"), tone=Tone.WARN, choices=(_STOP,))
    return _money(state, around)


def _money(state: State, around: Around) -> Screen:
    figures = around.figures
    match state:
        case at.AskAmount() as asked:
            return _own_amount(asked, figures) if asked.own else _amounts(asked.card, figures)
        case at.AskWay() as way:
            return _ways(way, figures)
        case at.Brake() as brake:
            return _brake(brake, figures)
        case at.PayQr() as shown:
            return _pay_qr(shown, around)
        case at.AskPayerCode() as code:
            return _payer_code(code, figures)
        case at.Checking():
            return Screen("checking", Say("checking"), (Say("checking_more"),), Tone.WARN, choices=(_STOP,), busy=True)
        case at.Told(story=story, printed=printed):
            return show_story(story, printed, around.works, figures)
        case at.WasEntered(entered=entered):
            return show_entered(entered, figures)
        case at.WasRestored() as done:
            return show_restored(done, figures)
        case at.WasPrinted(printed=printed_alone):
            return _printed(printed_alone)
        case at.Failed(trouble=trouble):
            return show_failed(trouble, around.utility)
    raise TypeError(type(state).__name__)


def _attract(around: Around) -> Screen:
    told = [each for each in around.notices.announcements if each.here or each.kind == "news"]
    text = [Say("attract_more")]
    if not around.works.paying:
        text.append(Say("no_paying_now"))
    text += [Say("verbatim", {"text": _title(each, around.figures)}) for each in told[:2]]
    choices = (Choice("start", Say("start"), main=True),)
    return Screen(
        "attract", Say("attract"), tuple(text), figure=around.figures.clock(around.now), choices=choices, back=False
    )


def _home(around: Around) -> Screen:
    choices = [
        Choice("ask_number", Say("home_meter"), main=True),
        Choice("ask_token", Say("home_token")),
        Choice("ask_number", Say("home_restore"), value="restore"),
        Choice("notices", Say("home_notices")),
    ]
    text = (Say("home_more"),) if around.works.paying else (Say("home_more"), Say("no_paying_now"))
    return Screen("home", Say("home"), text, choices=tuple(choices))


def _number(asked: at.AskNumber) -> Screen:
    label = Say("number_label")
    entry = Entry(asked.typed, label, full=0, longest=12)
    text = (Say(f"wrong_{asked.wrong}"),) if asked.wrong else (Say(f"number_for_{asked.then}"),)
    return Screen("number", Say("number"), text, Tone.WARN if asked.wrong else Tone.PLAIN, entry=entry)


def _token(asked: at.AskToken) -> Screen:
    entry = Entry(asked.typed, Say("token_label"), full=TOKEN_DIGITS)
    block = min(len(asked.typed) // 4 + 1, 5)
    text = Say(f"wrong_{asked.wrong}") if asked.wrong else Say("token_block", {"block": str(block)})
    return Screen("token", Say("token"), (text,), Tone.WARN if asked.wrong else Tone.PLAIN, entry=entry)


def _hand(asked: at.AskHand) -> Screen:
    carries = bool(asked.secret or asked.handle or asked.waiting)
    choices = [Choice("hand", Say("hand_yes"), main=True)]
    choices.append(Choice("no_hand", Say("hand_credit_only")) if carries else _STOP)
    return Screen("hand", Say("hand"), (Say("hand_more"),), Tone.WARN, choices=tuple(choices))


def _card(card: MeterCard, around: Around) -> Screen:
    figures = around.figures
    text = [Say(f"supply_{card.supply}")]
    if card.as_of is not None:
        age = figures.age(card.as_of, around.now)
        text.append(Say(f"source_{card.source}", {"age": age}))
    if card.view and card.view.dark:
        text.append(Say(f"dark_{card.view.dark}"))
    if card.arrears_minor:
        text.append(Say("arrears", {"amount": figures.money(card.arrears_minor)}))
    if card.view and card.view.least_minor:
        text.append(Say("least", {"amount": figures.whole(card.view.least_minor)}))
    elif card.view and card.view.days_left is not None:
        text.append(Say("days_left", {"count": str(card.view.days_left)}))
    if card.view and card.view.reach == "down":
        text.append(Say("reach_down"))
    if card.view and card.view.held_for_staff:
        text.append(Say("held_for_staff"))
    if card.view and card.view.not_for_sale:
        text.append(Say("not_for_sale"))
    elif not card.may_pay:
        text.append(Say("no_paying_now" if card.source is not Source.LIVE else "no_ways"))
    off = card.supply in ("off", "armed")
    return Screen(
        "card",
        Say("meter", {"number": figures.blocks(card.number)}),
        tuple(text),
        Tone.BAD if off else Tone.PLAIN,
        figure="" if card.balance_minor is None else figures.money(card.balance_minor),
        choices=_card_choices(card, off=off, restored=_restored(around.notices)),
    )


def _restored(notices: Notices) -> bool:
    """Has the supply of this place been announced as back lately?"""
    return any(each.state == "restored" for each in notices.announcements)


def _card_choices(card: MeterCard, *, off: bool, restored: bool) -> tuple[Choice, ...]:
    found = []
    if card.waiting and card.on_line:
        found.append(Choice("deliver", Say("card_deliver"), main=True))
    if card.may_pay:
        found.append(Choice("pay", Say("card_pay"), main=not found))
    if card.takes_tokens and card.on_line:
        found.append(Choice("ask_token", Say("card_token"), main=not found))
    if off and card.on_line:
        found.append(Choice("restore", Say("card_restore")))
    found.append(Choice("read", Say("card_read")))
    if card.inbox:
        found.append(Choice("inbox", Say("card_inbox", {"count": str(len(card.inbox))})))
    if restored:
        found.append(Choice("still_out", Say("card_still_out")))
    return (*found, _STOP)


def _amounts(card: MeterCard, figures: Figures) -> Screen:
    offers = card.view.offers if card.view else ()
    choices = [
        Choice(
            "amount",
            _effect(each, figures),
            main=each.restores and place == 0,
            value=str(each.amount_minor),
        )
        for place, each in enumerate(offers)
    ]
    text = (Say("arrears_first", {"amount": figures.money(card.arrears_minor)}),) if card.arrears_minor else ()
    return Screen("amounts", Say("how_much"), text, choices=(*choices, Choice("own_amount", Say("own_amount"))))


def _effect(each: Offer, figures: Figures) -> Say:
    code = "offer_restores" if each.restores else "offer" if each.days is None else "offer_days"
    energy = "" if each.energy_kwh is None else f" = {each.energy_kwh} kWh"
    return Say(code, {"amount": figures.whole(each.amount_minor) + energy, "count": str(each.days)})


def _own_amount(asked: at.AskAmount, figures: Figures) -> Screen:
    view = asked.card.view
    bounds = {"least": figures.units(view.least if view else 1), "most": figures.units(view.most if view else 1)}
    code = f"wrong_{asked.wrong}" if asked.wrong else "amount_bounds"
    entry = Entry(asked.typed, Say("amount_label"), groups=5, longest=5)
    return Screen(
        "own_amount", Say("how_much"), (Say(code, bounds),), Tone.WARN if asked.wrong else Tone.PLAIN, entry=entry
    )


def _ways(asked: at.AskWay, figures: Figures) -> Screen:
    ways = asked.card.view.ways if asked.card.view else ()
    shown = [
        Choice("way", Say(f"way_qr_{each.provider}"), main=place == 0, value=f"qr:{each.provider}")
        for place, each in enumerate(way for way in ways if way.way == "qr")
    ]
    if any(way.way == "barcode" for way in ways):
        shown.append(Choice("way", Say("way_barcode"), value="barcode"))
    return Screen("ways", Say("how_pay", {"amount": figures.whole(asked.amount_minor)}), choices=tuple(shown))


def _brake(asked: at.Brake, figures: Figures) -> Screen:
    held = [Say(f"hold_{each.hold}", {"amount": figures.whole(each.amount_minor)}) for each in asked.under_way]
    seen = asked.under_way[0].ref if asked.under_way else ""
    choices = (Choice("story", Say("see_story"), main=True, value=seen), Choice("anyway", Say("pay_anyway")), _STOP)
    return Screen("brake", Say("brake"), tuple(held), Tone.WARN, choices=choices)


def _pay_qr(shown: at.PayQr, around: Around) -> Screen:
    text = [Say("scan_with_phone")]
    if shown.begun.expires_at is not None:
        text.append(Say("good_until", {"time": around.figures.clock(shown.begun.expires_at)}))
    title = Say("pay_this", {"amount": around.figures.whole(shown.amount_minor)})
    return Screen("pay_qr", title, tuple(text), qr=shown.begun.qr or "")


def _payer_code(asked: at.AskPayerCode, figures: Figures) -> Screen:
    text = Say(f"wrong_{asked.wrong}") if asked.wrong else Say("hold_code_more")
    title = Say("hold_code", {"amount": figures.whole(asked.amount_minor)})
    return Screen("payer_code", title, (text,), Tone.WARN if asked.wrong else Tone.PLAIN)


def _board(board: at.ShowNotices, around: Around) -> Screen:
    told = board.notices.announcements
    if not told:
        return Screen("notices", Say("no_notices"), choices=(_STOP,))
    each, figures = told[board.place], around.figures
    text = [Say("verbatim", {"text": each.text_zh if figures.language == "zh" else each.text_en})]
    if each.from_at and each.until_at:
        span = {"from": figures.moment(each.from_at, around.now), "until": figures.moment(each.until_at, around.now)}
        text.insert(0, Say(f"notice_{'back_by' if each.here else 'span'}", span))
    if board.notices.as_of is not None and not around.works.paying:
        text.append(Say("as_of", {"age": figures.age(board.notices.as_of, around.now)}))
    choices = (Choice("next_notice", Say("next_notice")), _STOP) if len(told) > 1 else (_STOP,)
    return Screen("notices", Say("verbatim", {"text": _title(each, figures)}), tuple(text), choices=choices)


def _inbox(shown: at.ShowInbox, around: Around) -> Screen:
    """One message a page, its kind in the language of the screen, its words in those of the account."""
    told, figures = shown.card.inbox, around.figures
    each = told[shown.place]
    text = (Say("posted_when", {"age": figures.age(each.at, around.now)}), Say("verbatim", {"text": each.text}))
    more = Say("next_posted", {"place": str(shown.place + 1), "count": str(len(told))})
    choices = (Choice("next_posted", more), _STOP) if len(told) > 1 else (_STOP,)
    return Screen("inbox", Say(f"posted_{each.kind}"), text, choices=choices)


def _printed(printed: Printed) -> Screen:
    title, tone = show_printed(printed)
    choices = (_STOP,)
    return Screen("printed", title, tone=tone, choices=choices)


def _title(each: Announcement, figures: Figures) -> str:
    return each.title_zh if figures.language == "zh" else each.title_en


def _phone(around: Around) -> dict[str, str]:
    return {"phone": around.utility.phone}
