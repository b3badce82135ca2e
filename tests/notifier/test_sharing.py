"""Who carries the next message."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.db import Begin
from app.domain.sharing import MoveReason, Share
from app.models.account import ChannelName
from app.services import carriers
from app.services.carrier_paces import Place
from notifier import sharing
from notifier.channels.memory import MemoryChannel
from notifier.ports import DeliveryError
from notifier.shared import Shared
from notifier.sharing import Nobody, Pick, Tried
from tests.clocks import Clock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Named(MemoryChannel):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def shared(*names: str, dice: float = 0.0) -> Shared:
    return Shared(ChannelName.SMS, [Named(name) for name in names], lambda: dice)


def off(shared_: Shared, names: Sequence[str]) -> None:
    shared_.learn({n: Share(n, 50, 50, NOW, n in names) for n in shared_.names}, NOW)


def name_of(picked: Pick | Nobody) -> str:
    assert isinstance(picked, Pick)
    return picked.channel.name


def test_the_dice_fall_by_share() -> None:
    assert name_of(sharing.among(shared("a", "b", dice=0.2), Tried(), NOW)) == "a"
    assert name_of(sharing.among(shared("a", "b", dice=0.8), Tried(), NOW)) == "b"


def test_after_a_lost_answer_the_same_provider_is_asked_even_if_it_is_off() -> None:
    two = shared("a", "b", dice=0.1)
    off(two, ["b"])
    assert name_of(sharing.among(two, Tried(open="b"), NOW)) == "b"


def test_a_provider_in_trouble_is_passed_by_if_there_is_another() -> None:
    assert name_of(sharing.among(shared("a", "b", dice=0.1), Tried(stumbled="a"), NOW)) == "b"
    assert name_of(sharing.among(shared("a", dice=0.1), Tried(stumbled="a"), NOW)) == "a"


def test_who_will_never_take_a_message_is_not_given_it_again() -> None:
    two = shared("a", "b", dice=0.1)
    picked = sharing.among(two, Tried(refused=frozenset({"a"})), NOW)
    assert (name_of(picked), isinstance(picked, Pick) and picked.others) == ("b", False)
    assert sharing.among(two, Tried(refused=frozenset({"a", "b"})), NOW) == Nobody("refused_by_all")


def test_where_all_are_off_messages_wait() -> None:
    two = shared("a", "b")
    off(two, ["a", "b"])
    assert sharing.among(two, Tried(), NOW) == Nobody("carriers_off", NOW + timedelta(minutes=1))


async def test_shares_are_read_again_every_few_seconds(begin: Begin, clock: Clock) -> None:
    two = shared("a", "b", dice=0.0)
    async with begin() as db:
        await sharing.refresh(db, two, clock())
        await carriers.switch_off(db, Place("a", ChannelName.SMS), MoveReason.STAFF, clock())
        await sharing.refresh(db, two, clock())
        assert two.open_names() == ("a", "b")  # our copy is young
        clock.forward(seconds=4)
        await sharing.refresh(db, two, clock())
        assert two.open_names() == ("b",)


async def test_wrong_credentials_stop_a_provider_and_errors_cost_it(begin: Begin, clock: Clock) -> None:
    two = shared("a", "b")
    async with begin() as db:
        await sharing.refresh(db, two, clock())
    clock.forward(minutes=2)
    async with begin() as db:
        await sharing.note(db, two.members[0], ChannelName.SMS, DeliveryError("credentials"), clock())
        await sharing.note(db, two.members[1], ChannelName.SMS, DeliveryError("bad_number", permanent=True), clock())
        found = await carriers.enrol(db, ChannelName.SMS, two.names, clock())
    assert (found["a"].off, found["b"].off, found["b"].points) == (True, False, 50)
