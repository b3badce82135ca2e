"""Evidence and frames as people read them: a label and a text each. Pure: figures and codes in, words out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.ledger import Entry
from app.ports import Field, Form
from app.web.console.terms import Terms
from app.web.format import Format

_UNSAID = ("foreign",)  # the currency says it
_REASONS = ("code", "reason", "error")
_TELLING = (
    *("due_minor", "bill_minor", "number", "count", "code", "reason", "error", "job", "tries", "attempts", "waited_s"),
    *("act", "region", "terminal", "front_end", "order_ref", "area", "homes_dark", "homes", "warnings", "arrived"),
)
_BRIEFLY = 4
_AS_IT_CAME = ("paid_minor", "bill_minor")
_CODE = 3  # letters of a currency (ISO 4217)


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it is; `raw`: the bytes behind it, if there are any; `hidden`: it was masked."""

    label: str
    text: str
    raw: str = ""
    hidden: bool = False


def evidence_facts(evidence: Mapping[str, str | int | None], fmt: Format, terms: Terms) -> list[Fact]:
    """What a review rests on, in words; money that came in the currency that it came in."""
    came_in = str(evidence.get("currency") or "")
    return [
        Fact(terms("ev", name), _money(name, value, came_in, fmt) or _evidence_text(name, value, fmt, terms))
        for name, value in evidence.items()
        if value not in (None, "") and name not in _UNSAID
    ]


def evidence_briefly(evidence: Mapping[str, str | int | None], fmt: Format, terms: Terms) -> list[Fact]:
    """What of the evidence tells most in one line."""
    currency = {"currency": evidence.get("currency")}
    telling = {name: evidence[name] for name in _TELLING if evidence.get(name) not in (None, "")}
    return evidence_facts(telling | currency, fmt, terms)[: min(len(telling), _BRIEFLY)]


def _money(name: str, value: str | int | None, came_in: str, fmt: Format) -> str:
    if not name.endswith("_minor") or not isinstance(value, int):
        return ""
    return money_in(fmt, value, came_in if name in _AS_IT_CAME else "")


def money_in(fmt: Format, amount_minor: int, currency: str | None) -> str:
    """Money in its own currency; no currency, or the utility's own, needs no naming."""
    if not currency or currency == fmt.currency:
        return fmt.money(amount_minor)
    return f"{currency} {replace(fmt, currency=currency).money(amount_minor)}"


def entry_fact(entry: Entry, fmt: Format, terms: Terms) -> Fact:
    """One side of a booking: debit with a plus, credit with a minus."""
    last = entry.account.rpartition(":")[2]
    text = money_in(fmt, entry.amount_minor, last if len(last) == _CODE and last.isupper() else "")
    return Fact(terms.account(entry.account), f"+{text}" if entry.amount_minor > 0 else text)


def spaced(raw: str) -> str:
    """Hex in bytes, as people read it aloud."""
    return " ".join(raw[at : at + 2] for at in range(0, len(raw), 2))


_MOMENTS = ("read_at", "recorded_at", "last_sent_at")


def _evidence_text(name: str, value: str | int | None, fmt: Format, terms: Terms) -> str:
    if name == "waited_s" and isinstance(value, int):
        return fmt.span(timedelta(seconds=value))
    if name in _REASONS:
        return terms.why(str(value))
    if name in _MOMENTS:
        return fmt.full(datetime.fromisoformat(str(value)))
    if name == "act":
        return terms("ev_act", value)
    if name == "doubt":
        return terms("doubt", value)
    if name == "lost":
        return "; ".join(_lost(entry, terms) for entry in str(value).split(","))
    return terms("job", value) if name == "job" else str(value)


def _lost(entry: str, terms: Terms) -> str:
    """A message that did not arrive: "kind:medium:state:why:id" (app.services.cutting)."""
    kind, channel, state, why, *_ = [*entry.split(":"), "", "", "", ""]
    reason = f" ({terms.why(why)})" if why else ""
    return f"{terms('message', kind)}, {terms('channel', channel)}: {terms('message', state)}{reason}"


def frame_facts(fields: tuple[Field, ...], fmt: Format, terms: Terms) -> list[Fact]:
    """Each field of a frame with its meaning."""
    return [
        Fact(terms("field", f.name), field_text(f, fmt, terms), spaced(f.raw), f.form is Form.HIDDEN) for f in fields
    ]


def gist(fields: tuple[Field, ...], fmt: Format, terms: Terms) -> list[str]:
    """What a frame is about, in a few words."""
    return [_gist_text(f, fmt, terms) for f in fields]


def _gist_text(f: Field, fmt: Format, terms: Terms) -> str:
    text = field_text(f, fmt, terms)
    return f"{terms('field', f.name)} {text}" if f.form in (Form.NUMBER, Form.FLAG) else text


def field_text(f: Field, fmt: Format, terms: Terms) -> str:
    """What one field says, in the reader's words and figures."""
    if not isinstance(f.value, int):
        return _text(f, f.value, terms)
    match f.form:
        case Form.MONEY:
            return fmt.money(f.value)
        case Form.PRICE:
            return fmt.price(f.value)
        case Form.ENERGY:
            return fmt.energy(f.value)
        case Form.FLAG:
            return terms("word", "yes" if f.value else "no")
        case _:
            return str(f.value)


def _text(f: Field, value: str, terms: Terms) -> str:
    match f.form:
        case Form.HIDDEN:
            return terms("word", "hidden")
        case Form.BYTES:
            return ""  # the bytes stand beside it
        case Form.WORD if value.startswith("refusal_"):
            return terms("why", value.removeprefix("refusal_"))
        case Form.WORD if value.startswith("token_"):
            return terms("why", value.removeprefix("token_"))
        case Form.WORD:
            return terms("word", value)
        case _:
            return value
