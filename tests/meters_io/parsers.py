"""Every reader of the typed verbs that answers with a value or with `CodecError`, in three lists."""

from collections.abc import Callable

from meters_io.dlt645 import frame as dlt645
from meters_io.dlt645 import purchase, reads, refusals, relay, token, values
from meters_io.gdw1376 import clock, exchange, link, passage, tail, units
from meters_io.gdw1376 import frame as gdw1376
from tests.meters_io.samples import CHINA

METER = "201000000012"
ASKED = passage.build_passage(passage.Route(gdw1376.Terminal("3201", 18), 14), passage.Passage(31, b"x"))
METER_PARSERS: list[Callable[[dlt645.Frame], object]] = [
    purchase.security_di,
    purchase.parse_security,
    purchase.parse_authentication,
    purchase.parse_purchase,
    reads.parse_read_request,
    reads.parse_address_reply,
    refusals.parse_refusal,
    token.parse_token,
    lambda frame: purchase.parse_authenticated(frame, METER),
    lambda frame: purchase.parse_purchase_reply(frame, METER, purchase.PurchaseKind.RECHARGE),
    lambda frame: purchase.parse_state_reply(frame, METER),
    lambda frame: reads.parse_register(frame, METER, reads.BALANCE),
    lambda frame: reads.parse_register(frame, METER, reads.STATUS_3),
    lambda frame: reads.parse_register(frame, METER, reads.PURCHASE_COUNT),
    lambda frame: refusals.parse_refusal(frame, refusals.Wording.CODES),
    lambda frame: relay.parse_relay(frame, CHINA),
    lambda frame: relay.parse_relay_reply(frame, METER),
    lambda frame: token.parse_token_reply(frame, METER),
]
TERMINAL_PARSERS: list[Callable[[gdw1376.Frame], object]] = [
    tail.split_tail,
    link.parse_confirm,
    passage.parse_passage,
    lambda frame: link.parse_link(frame, CHINA),
    lambda frame: passage.parse_passed(frame, ASKED),
    lambda frame: exchange.is_answer(frame, ASKED),
]
VALUE_READERS: list[Callable[[bytes], object]] = [
    dlt645.decode,
    gdw1376.decode,
    values.money_from_bytes,
    values.energy_from_bytes,
    units.unit_from_bytes,
    clock.tag_from_bytes,
    lambda raw: values.signed_from_bytes(raw, len(raw)),
    lambda raw: values.moment_from_bytes(raw, CHINA),
    lambda raw: values.clock_from_bytes(raw, CHINA),
    lambda raw: clock.clock_from_bytes(raw, CHINA),
    lambda raw: relay.order_from_clear(raw, CHINA),
]
