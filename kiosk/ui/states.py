"""Where somebody at the terminal is. A visit is in one of these at a time; nothing of it outlives the visit."""

from dataclasses import dataclass, field

from kiosk.answers import Charged, Entered, MeterCard, Notices, Printed, Restored
from kiosk.shapes import Begun, Story, Trouble, UnderWay


@dataclass(frozen=True, slots=True)
class Attract:
    """Nobody is here."""


@dataclass(frozen=True, slots=True)
class Home:
    """What do you want?"""


@dataclass(frozen=True, slots=True)
class AskNumber:
    """Which meter? `then`: what is to be done with it (look, token, restore)."""

    then: str = "look"
    typed: str = ""
    wrong: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Working:
    """Something takes its time. `code` says what."""

    code: str


@dataclass(frozen=True, slots=True)
class Card:
    """A meter."""

    card: MeterCard


@dataclass(frozen=True, slots=True)
class AskAmount:
    """How much? `own`: an amount of one's own is typed."""

    card: MeterCard
    own: bool = False
    typed: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class AskWay:
    """How? `anyway`: the payer knows of money under way."""

    card: MeterCard
    amount_minor: int
    form: str
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class Brake:
    """There is money on its way already."""

    card: MeterCard
    amount_minor: int
    under_way: tuple[UnderWay, ...]


@dataclass(frozen=True, slots=True)
class PayQr:
    """The code on the screen, and what is known of the payment."""

    card: MeterCard
    amount_minor: int
    begun: Begun


@dataclass(frozen=True, slots=True)
class AskPayerCode:
    """Hold the code of your payment app before the scanner."""

    card: MeterCard
    amount_minor: int
    form: str
    anyway: bool = False
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Checking:
    """Nobody knows yet whether the payer was charged."""

    charged: Charged


@dataclass(frozen=True, slots=True)
class Told:
    """Where the money is."""

    story: Story
    printed: Printed | None = None


@dataclass(frozen=True, slots=True)
class AskToken:
    """The twenty digits; what was typed stays while one looks at the paper."""

    number: str = ""
    typed: str = field(default="", repr=False)
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class AskHand:
    """I am here, and it may come on. `handle`: a scanned token; `secret`: a typed one; neither: the relay alone."""

    number: str
    secret: str = field(default="", repr=False)
    handle: str = field(default="", repr=False)
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class WasEntered:
    """What became of a token."""

    entered: Entered


@dataclass(frozen=True, slots=True)
class WasRestored:
    """What became of the supply."""

    number: str
    restored: Restored


@dataclass(frozen=True, slots=True)
class ShowNotices:
    """The board, one at a time."""

    notices: Notices
    place: int = 0


@dataclass(frozen=True, slots=True)
class ShowInbox:
    """What was told about a meter, one at a time."""

    card: MeterCard
    place: int = 0


@dataclass(frozen=True, slots=True)
class SaidStillOut:
    """Somebody has said that the restoration has not reached their meter."""

    card: MeterCard


@dataclass(frozen=True, slots=True)
class WasPrinted:
    """What became of a slip."""

    printed: Printed


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot be done; `trouble` says why."""

    trouble: Trouble


@dataclass(frozen=True, slots=True)
class NoSuchCode:
    """Something was scanned that is of no use here. `code`: elsewhere, unknown, payer_now, badge ..."""

    code: str


State = (
    Attract
    | Home
    | AskNumber
    | Working
    | Card
    | AskAmount
    | AskWay
    | Brake
    | PayQr
    | AskPayerCode
    | Checking
    | Told
    | AskToken
    | AskHand
    | WasEntered
    | WasRestored
    | ShowNotices
    | ShowInbox
    | SaidStillOut
    | WasPrinted
    | Failed
    | NoSuchCode
)
