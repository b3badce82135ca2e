"""The results of tasks by their kind. What has another shape is no result: `bad_result`, and the meter is read."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from headend_client.ami.errands import Result
from headend_client.outcome import Refused, Relay, TokenTaken, Unknown, Wallet

BAD_RESULT = Unknown("bad_result")
_MOST_MINOR = 10**12
Said = int | str | None
R = TypeVar("R", bound="_Shape")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class WalletResult(_Shape):
    """Money in a meter, the overdraft taken off; `count` null for meters without one."""

    balance_minor: StrictInt = Field(ge=-_MOST_MINOR, le=_MOST_MINOR)
    overdraft_minor: StrictInt = Field(ge=0, le=_MOST_MINOR)
    count: StrictInt | None = Field(default=None, ge=0, le=2**32 - 1)


class RelayResult(_Shape):
    """Bits of status word 3."""

    relay_open: StrictBool
    command_open: StrictBool
    alarm: StrictBool
    keep_power: StrictBool


class TokenResult(_Shape):
    """Was it taken in an earlier try?"""

    already: StrictBool


class ValuesResult(_Shape):
    """Registers by name, or what the meter said of tokens."""

    values: dict[str, StrictInt | StrictStr | None] = Field(max_length=200)


def shaped(said: Result | Refused | Unknown, shape: type[R]) -> R | Refused | Unknown:
    """Return a result in its shape."""
    if not isinstance(said, Result):
        return said
    try:
        return shape.model_validate(said.value)
    except ValidationError:
        return BAD_RESULT


def wallet_of(said: Result | Refused | Unknown) -> Wallet | Refused | Unknown:
    """Read a wallet."""
    read = shaped(said, WalletResult)
    return Wallet(read.balance_minor, read.overdraft_minor, read.count) if isinstance(read, WalletResult) else read


def relay_of(said: Result | Refused | Unknown) -> Relay | Refused | Unknown:
    """Read a relay's state."""
    read = shaped(said, RelayResult)
    if not isinstance(read, RelayResult):
        return read
    return Relay(read.relay_open, read.command_open, read.alarm, read.keep_power)


def token_of(said: Result | Refused | Unknown) -> TokenTaken | Refused | Unknown:
    """Read the word on a token."""
    read = shaped(said, TokenResult)
    return TokenTaken(already=read.already) if isinstance(read, TokenResult) else read


def values_of(said: Result | Refused | Unknown) -> dict[str, Said] | Refused | Unknown:
    """Read values by name; overlong texts are none."""
    read = shaped(said, ValuesResult)
    if not isinstance(read, ValuesResult):
        return read
    if any(isinstance(value, str) and len(value) > 2000 for value in read.values.values()):
        return BAD_RESULT
    return dict(read.values)
