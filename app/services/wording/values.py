"""The values of a kind's variables, from the facts of one message, as its reader has them."""

from dataclasses import dataclass

from app.domain import proving
from app.domain.notice import CODE_LASTS
from app.services.letters.facts import AnswerFacts, AskedMeter, DeviceFacts, Facts, OutageFacts
from app.services.wording.event_words import event_words
from app.services.wording.figures import Figures
from app.settings import Settings

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Secrets:
    """Words of a message that open something; they are sent, and not kept."""

    code: str = ""
    confirm: str = ""
    pay: str = ""
    acknowledge: str = ""

    def all(self) -> tuple[str, ...]:
        """Those that there are."""
        return tuple(word for word in (self.code, self.confirm, self.pay, self.acknowledge) if word)


def secrets_of(facts: Facts, settings: Settings) -> Secrets:
    """Derive them once more: they are the same each time."""
    key = settings.session_secret.get_secret_value()
    told_in = facts.device.acknowledge if facts.device else None
    proof = facts.proof_id
    return Secrets(
        code=proving.login_digits(key, proof) if proof else "",
        confirm=proving.link_word(key, proof) if proof else "",
        pay=pay_word(facts, settings),
        acknowledge=proving.event_word(key, told_in) if told_in else "",
    )


def pay_word(facts: Facts, settings: Settings) -> str:
    """The secret of the pay link that goes with a message; empty where there is none, or no key to make it with."""
    key = settings.session_secret.get_secret_value()
    known = facts.link.id if facts.link is not None else None
    return proving.pay_word(key, known) if key and known is not None else ""


def values(facts: Facts, settings: Settings, write: Figures) -> Values:
    """Everything that words may speak of; what is not known is not there."""
    found: Values = {"utility": settings.utility_name, "minutes": int(CODE_LASTS.total_seconds() // 60)}
    if settings.utility_phone:
        found["phone"] = settings.utility_phone
    secrets = secrets_of(facts, settings)
    found |= _meter(facts, settings, write, secrets) | _money(facts, write) | _proof(facts, settings, secrets)
    if facts.outage is not None:
        found |= _outage(facts.outage, write)
    if facts.device is not None:
        found |= _device(facts.device, settings, write, secrets)
    if facts.disconnection is not None:
        found["since"] = write.moment(facts.disconnection.began_at)
    if facts.answer is not None:
        found |= _answer(facts.answer, write)
    if facts.reminder is not None:
        found |= {name: said for name in ("title", "text") if (said := getattr(facts.reminder, name))}
    return found


def _meter(facts: Facts, settings: Settings, write: Figures, secrets: Secrets) -> Values:
    if not facts.meter_number:
        return {"link": settings.public_url, "supply": facts.supply.value}
    link = f"{settings.public_url}/m/{facts.meter_number}"
    found: Values = {"meter": write.number(facts.meter_number), "link": link, "supply": facts.supply.value}
    found["pay_link"] = f"{settings.public_url}/p/{secrets.pay}" if secrets.pay else f"{link}/pay"
    if facts.days_left is not None:
        found["days_left"] = facts.days_left
    if facts.balance_minor is not None:
        found["balance"] = write.money(facts.balance_minor)
        found["overdraft"] = write.money(-facts.balance_minor) if facts.balance_minor < 0 else ""
    if facts.read_at is not None:
        found["read_at"] = write.moment(facts.read_at)
    return found


def _money(facts: Facts, write: Figures) -> Values:
    energy = {} if facts.energy_kwh is None else {"energy": write.kwh(facts.energy_kwh)}
    return energy | {
        "amount": write.money(facts.amount_minor, facts.currency),
        "by_hand": facts.by_hand,
        "credit": write.money(facts.credit_minor),
        "arrears": write.money(facts.arrears_minor),
        "has_credit": facts.credit_minor > 0,
        "has_arrears": facts.arrears_minor > 0,
        "tokens": [write.blocks(digits) for digits in facts.tokens],
    }


def _proof(facts: Facts, settings: Settings, secrets: Secrets) -> Values:
    found: Values = {}
    if facts.proof_id is not None:
        found["code"] = secrets.code
        found["confirm_link"] = f"{settings.public_url}/mail/{facts.proof_id}/{secrets.confirm}"
    if facts.receipt_of:
        found["receipt_link"] = f"{settings.public_url}/purchases/{facts.receipt_of}/receipt"
        found["void"] = facts.void
    return found


def _outage(told: OutageFacts, write: Figures) -> Values:
    found: Values = {"title": told.title, "area": told.area or told.title}
    found |= {"from_at": write.moment(told.from_at), "until_at": write.moment(told.until_at)}
    if text := told.again or told.text:
        found["text"] = text
    return found


def _device(told: DeviceFacts, settings: Settings, write: Figures, secrets: Secrets) -> Values:
    found: Values = {"device": write.number(told.device), "place": told.place}
    found |= {"ended": told.ended, "others": told.others}
    found |= {"event": event_words(told.event, write.locale), "at": write.moment(told.at)}
    if secrets.acknowledge:
        found["acknowledge_link"] = f"{settings.public_url}/e/{secrets.acknowledge}"
    return found


def _answer(told: AnswerFacts, write: Figures) -> Values:
    found: Values = {"meters": [_asked(meter, write) for meter in told.meters], "more": told.more}
    return found | ({"area": told.area} if told.area else {})


def _asked(meter: AskedMeter, write: Figures) -> dict[str, str]:
    return {
        "meter": write.number(meter.number),
        "balance": "" if meter.balance_minor is None else write.money(meter.balance_minor),
        "read_at": "" if meter.read_at is None else write.moment(meter.read_at),
    }
