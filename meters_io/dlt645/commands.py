"""The prepay security commands under C = 03 as data: what follows the operator code, and what a good answer holds.

Two meter firmware trees and one head-end agree on these layouts; no field capture confirms the answers. What a security
chip makes or reads (ciphers, random numbers, MACs, serial and key numbers) is shown in the chip's order, high byte
first; on the wire each travels reversed. Money is unsigned binary cents here, not BCD.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from meters_io.dlt645.forms import Identifier, Within, highest_first
from meters_io.layout import Binary, Digits, Hex, Many, Number, Record, record

CHIP_4 = highest_first(4)
CHIP_8 = highest_first(8)
MAC = CHIP_4
_KEY = highest_first(36)  # 4 bytes say which key it is, 32 are its cipher
_CUSTOMER = Digits(6)
_SELECTOR = record(length=Binary(2), offset=Binary(2), file=Identifier(2), directory=Identifier(2))
NOTHING = record()


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `request`: what follows identifier and operator; `reply`: what follows the identifier.

    A meter may also answer with its identifier alone, or with nothing. Where a layout is not published, or varies with
    the age of the meter, several are given: the first that takes all bytes.
    """

    title: str
    request: tuple[Record, ...] = (NOTHING,)
    reply: tuple[Record, ...] = ()


PURCHASE = record(amount_cents=Binary(4), count=Binary(4), mac1=MAC, customer=_CUSTOMER, mac2=MAC)
_RAW = record(payload=Hex())
_SEALED = Within(highest_first(), 4)

COMMANDS: Mapping[int, Command] = {
    0x070000FF: Command(
        "identity authentication",
        (record(cipher1=CHIP_8, random1=CHIP_8, diversifier=CHIP_8),),
        (record(random2=CHIP_4, esam_serial=CHIP_8),),
    ),
    0x070001FF: Command("set the validity of the authentication", (record(minutes=Number(2), mac=MAC),)),
    0x070002FF: Command(
        "end the authentication",
        reply=(record(customer=_CUSTOMER, balance_cents=Binary(4), count=Binary(4), key_info=CHIP_4),),
    ),
    0x078003FF: Command(
        "ask for infra-red authentication",
        (record(random1=CHIP_8), _RAW),
        (record(meter=Digits(6), esam_serial=CHIP_8, cipher1=CHIP_8, random2=CHIP_8), _RAW),
    ),
    0x070003FF: Command("infra-red authentication", (record(cipher2=CHIP_8), _RAW), (_RAW,)),
    0x070101FF: Command("open account", (PURCHASE,)),
    0x070102FF: Command("recharge", (PURCHASE,)),
    0x070103FF: Command(
        "initialise the wallet",
        (record(amount_cents=Binary(4), amount_mac=MAC, count=Binary(4), count_mac=MAC),),
    ),
    0x070004FF: Command(
        "write the run-information file in plain text",
        (record(file=Hex(1), offset=Binary(2), data=_SEALED, mac=MAC), _RAW),
    ),
    0x070005FF: Command(
        "write the run-information file enciphered",
        (record(file=Hex(1), offset=Binary(2), cipher=_SEALED, mac=MAC), _RAW),
    ),
    0x070201FF: Command("update the control key (older meters)", (_RAW,)),
    0x070202FF: Command("update the parameter key (older meters)", (_RAW,)),
    0x070203FF: Command("update the authentication key (older meters)", (_RAW,)),
    0x070301FF: Command("update keys", (record(keys=Within(Many(_KEY), 4), mac=MAC),)),
    0x078001FF: Command(
        "read data back",
        (record(selector=_SELECTOR),),
        (record(selector=_SELECTOR, data=_SEALED, mac=MAC),),
    ),
    0x078002FF: Command(
        "compare the software",
        (record(processor=Binary(1), key=Binary(1), factor_at=Binary(4), data_at=Binary(4)), _RAW),
        (record(cipher=highest_first(64)), _RAW),
    ),
    0x078102FF: Command(
        "ask for the state of the wallet",
        reply=(
            record(
                balance_cents=Binary(4),
                balance_mac=MAC,
                count=Binary(4),
                count_mac=MAC,
                customer=_CUSTOMER,
                key_info=CHIP_4,
            ),
        ),
    ),
    0x070190FF: Command(  # ours: see meters_io.dlt645.token
        "enter a token",
        (record(token=Digits(10, missing=None)),),
        (record(result=Binary(1), tid=Binary(3)),),
    ),
}
