"""What a message costs: an SMS by its parts, a call at one price; the rest is free (SPEC N-4)."""

from dataclasses import dataclass

from app.domain.rules import TemplateRules
from app.domain.segments import measure
from app.models.account import ChannelName


@dataclass(frozen=True, slots=True)
class Cost:
    """`cost_e4`: ten-thousandths of the currency unit; `segments` 0 where nothing is cut into parts."""

    segments: int
    cost_e4: int


def cost_of(channel: ChannelName, body: str, rules: TemplateRules) -> Cost:
    """The price of one message with this body."""
    match channel:
        case ChannelName.SMS:
            segments = measure(body).segments
            return Cost(segments, segments * rules.sms_price_e4)
        case ChannelName.VOICE:
            return Cost(0, rules.voice_price_e4)
        case _:
            return Cost(0, 0)
