"""One task about many meters: what they froze at the end of a day, as far as the head end gets in the time there is.

PUT -> GET ... -> end, or time is up -> DELETE: either way what is told by then counts, meter by meter. Nothing is
changed and a day that is over stays as it was, so nothing is written down, and no earlier change has to have ended.
"""

from datetime import timedelta
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from headend_client.ami.codes import REFUSALS, refusal_word, trouble_word
from headend_client.ami.errands import outcome, spelt
from headend_client.ami.handing import NeverLeft, Order, TaskWay
from headend_client.ami.papers import record_up
from headend_client.ami.shapes import Json, NewTask, Told, Turned, write
from headend_client.errors import Unreachable
from headend_client.orders import MOST_METERS, CollectFrozen
from headend_client.outcome import MeterWord, Readings, Refused, Unknown
from headend_client.target import Place, Priority
from headend_client.verbs.read_frozen import DAYS_KEPT

KIND = "read_frozen_many"
_MOST_LETTERS = 2000


class WordResult(BaseModel):
    """What one meter said, or a code that says why it did not."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    values: dict[str, StrictInt | StrictStr | None] | None = Field(default=None, max_length=200)
    code: StrictStr = Field(default="", max_length=60)


class MetersResult(BaseModel):
    """What is known so far, by address; who is not named has not been asked, or has not answered yet.

    What is said of each is read by itself, as a `WordResult`: one that is no word spoils no other.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    meters: dict[str, object] = Field(max_length=MOST_METERS)


async def read_frozen_many(way: TaskWay, place: Place, order: CollectFrozen) -> Readings | Refused | Unknown:
    """Have read what many meters froze. Refused("not_offered") by a head end that knows no such task.

    Raises Unreachable where nobody says anything, or no time is left for it.
    """
    if not 1 <= len(order.meters) <= MOST_METERS or not 1 <= order.days_ago <= DAYS_KEPT:
        return Refused("bad_value")
    wanted = Order(KIND, {"days_ago": order.days_ago})
    task = _new(way, place, wanted, order)
    try:
        said = await way.hand_in(task, wanted, lambda: True)
    except NeverLeft as error:
        raise Unreachable(str(error)) from error
    if isinstance(said, Turned):
        return Refused(refusal_word(said.code))
    if said is None or not said.ended:
        said = await way.waited_for(task.id) or await way.call_off(task.id)
    if said is None:
        raise Unreachable("no_answer")
    record_up(way.trace, said, (), way.now())
    return _readings(said, order)


def _new(way: TaskWay, place: Place, wanted: Order, order: CollectFrozen) -> NewTask:
    expires_at = way.now() + timedelta(seconds=way.time_left())
    body: Json = {
        "kind": wanted.kind,
        "meters": [{"address": address, "model": profile} for address, profile in order.meters],
        "order": wanted.order,
        "priority": Priority(place.priority).name.lower(),
        "expires_at": spelt(expires_at),
    }
    return NewTask(uuid4(), way.line.place.id, "", wanted.kind, expires_at, write(body))


def _readings(said: Told, order: CollectFrozen) -> Readings | Refused | Unknown:
    """Take what is told of meters that were asked for, whatever became of the rest. Raises Unreachable."""
    if said.result is None:
        ended = outcome(said) if said.ended else Unknown("no_result")
        return ended if isinstance(ended, Refused | Unknown) else Unknown("bad_result")
    try:
        told = MetersResult.model_validate(said.result).meters
    except ValidationError:
        return Unknown("bad_result")
    asked = [address for address, _ in order.meters]
    return Readings({}, meters=tuple(_word(address, told[address]) for address in asked if address in told))


def _word(address: str, told: object) -> MeterWord:
    try:
        said = WordResult.model_validate(told)
    except ValidationError:
        return MeterWord(address, None, "bad_result")
    values = said.values
    if values is None:
        silent = said.code not in REFUSALS
        return MeterWord(address, None, trouble_word(said.code) if silent else said.code, silent)
    if any(isinstance(value, str) and len(value) > _MOST_LETTERS for value in values.values()):
        return MeterWord(address, None, "bad_result")
    return MeterWord(address, dict(values))
