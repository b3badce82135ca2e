"""Screens that say how something ended. An end that is not known is never called a failure."""

from kiosk.answers import Entered, Printed, PrintEnd, Restored, Works
from kiosk.meter import Outcome
from kiosk.shapes import Story, Trouble, Utility
from kiosk.ui import states as at
from kiosk.ui.figures import Figures
from kiosk.ui.screens import Choice, Line, Say, Screen, Tone

_STOP = Choice("stop", Say("stop"))
_GOOD = ("lit", "credited", "settled")
_BAD = ("payment_failed", "payment_closed", "still_off", "unreachable", "with_staff", "payment_with_staff")


def show_story(story: Story, printed: Printed | None, works: Works, figures: Figures) -> Screen:
    """Where the money is, step by step; the code to type where that is what helps now."""
    lines = tuple(
        Line(each.mark, Say(f"step_{each.step}"), figures.clock(each.at) if each.at else "") for each in story.lines
    )
    text = [Say(f"track_{story.headline}_more")]
    if story.balance_after_minor is not None:
        text.append(Say("balance_now", {"amount": figures.money(story.balance_after_minor)}))
    if printed:
        text.append(show_printed(printed)[0])
    choices = []
    if works.printing and story.purchase and not (printed and printed.outcome is PrintEnd.PRINTED):
        choices.append(Choice("print", Say("print"), value=story.purchase))
    tone = Tone.GOOD if story.headline in _GOOD else Tone.BAD if story.headline in _BAD else Tone.PLAIN
    return Screen(
        "story",
        Say(f"track_{story.headline}"),
        tuple(text),
        tone,
        lines=lines,
        codes=story.tokens,
        choices=(*choices, _STOP),
        spoken=(Say(f"track_{story.headline}"), text[0]),
    )


def show_entered(entered: Entered, figures: Figures) -> Screen:
    """What became of a token: accepted, used, refused with the meter's reason, or not known yet."""
    last = entered.ends[-1]
    if last.outcome is Outcome.REFUSED:
        why = (Say(f"refused_{last.code}"), Say("refused_more"))
        again = Choice("type_again", Say("type_again"), main=True, value=entered.number)
        return Screen("entered", Say("token_refused"), why, Tone.BAD, choices=(again, _STOP))
    if last.outcome is Outcome.UNKNOWN:
        return Screen("entered", Say("token_unknown"), (Say("token_unknown_more"),), Tone.WARN, choices=(_STOP,))
    title = Say("token_used" if last.outcome is Outcome.USED else "token_accepted")
    text, tone, figure = _supply(entered.restored, figures)
    choices = (Choice("look", Say("see_meter"), main=True, value=entered.number), _STOP)
    return Screen("entered", title, text, tone, figure=figure, choices=choices)


def show_restored(done: at.WasRestored, figures: Figures) -> Screen:
    """What became of the supply."""
    text, tone, figure = _supply(done.restored, figures)
    choices = (Choice("look", Say("see_meter"), main=True, value=done.number), _STOP)
    return Screen("restored", text[0], text[1:], tone, figure=figure, choices=choices)


def _supply(restored: Restored | None, figures: Figures) -> tuple[tuple[Say, ...], Tone, str]:
    if restored is None:
        return (Say("supply_unknown"),), Tone.PLAIN, ""
    figure = "" if restored.balance_minor is None else figures.money(restored.balance_minor)
    if restored.lit:
        return (Say("light_on"),), Tone.GOOD, figure
    if restored.supply == "armed":
        return (Say("light_armed"), Say("light_armed_more")), Tone.WARN, figure
    code = restored.code or "unknown"
    return (Say("light_off"), Say(f"restore_{code}")), Tone.WARN, figure


def show_printed(printed: Printed) -> tuple[Say, Tone]:
    """What became of a slip, in one sentence."""
    tone = Tone.GOOD if printed.outcome is PrintEnd.PRINTED else Tone.WARN
    return Say(f"print_{printed.outcome}"), tone


def show_failed(trouble: Trouble, utility: Utility) -> Screen:
    """Why it cannot be done, and what to do."""
    text = (
        (Say(f"trouble_{trouble.code}_more"), Say("call", {"phone": utility.phone}))
        if utility.phone
        else (Say(f"trouble_{trouble.code}_more"),)
    )
    return Screen("failed", Say(f"trouble_{trouble.code}"), text, Tone.WARN, choices=(_STOP,))
