"""Plays the part of a provider for what stays in the house (SPEC M-17): trial, test, and numbers that nobody owns."""

from app.domain.notice import MessageState
from app.domain.sending import Barred, Passage, Script, Stays
from app.models.account import ChannelName
from notifier.policy import Ask, End, Send, Step
from notifier.ports import DeliveryError, Rendered
from notifier.sharing import Pick


class ScriptedChannel:
    """Answers as its script says, at once: a worker's hand is not held for a provider that is not there."""

    name = "scripted"
    carries = frozenset(ChannelName)

    def __init__(self, script: Script) -> None:
        self._script = script

    async def send(self, rendered: Rendered) -> str:
        """Take a message, or do not. Raises DeliveryError."""
        match self._script:
            case Script.REJECTS:
                raise DeliveryError("bad_recipient", permanent=True)
            case Script.FAILS:
                raise DeliveryError("busy")
            case Script.SILENT:
                raise DeliveryError("no_answer", maybe_sent=True)
            case _:
                return f"scripted-{self._script}-{rendered.message_id}"

    async def close(self) -> None:
        """Nothing is held open."""


def inside(passage: Passage) -> Pick | None:
    """Who carries what stays in the house; None for what may leave."""
    return Pick(ScriptedChannel(passage.script), others=False) if isinstance(passage, Stays) else None


def within(step: Step, passage: Passage) -> Step:
    """The step that is left where a trial bars a message: what may have gone out is asked for, and not sent again."""
    if not isinstance(passage, Barred):
        return step
    barred = End(MessageState.DROPPED, passage.reason)
    match step:
        case Send():
            return barred
        case Ask(otherwise=Send()):
            return Ask(barred)
        case _:
            return step
