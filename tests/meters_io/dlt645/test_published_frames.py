"""Every sample frame: its fields as published, and rebuilt byte for byte."""

import pytest

from meters_io.bits import digits_from_bytes
from meters_io.dlt645 import purchase, reads, relay, values, writes
from meters_io.dlt645.frame import ANY_METER, Frame, decode, encode, take_frame
from meters_io.dlt645.message import head_of, read_message, recognise, write_message
from meters_io.dlt645.names import Control, Item, Security
from meters_io.dlt645.refusals import build_refusal, is_refusal, parse_refusal
from meters_io.errors import RemoteError
from tests.each import each
from tests.meters_io.dlt645.published import REFUSALS, published
from tests.meters_io.samples import CHINA, DLT645, Sample

MONEY = {
    Item.BALANCE,
    Item.OVERDRAFT,
    Item.ALARM_1,
    Item.ALARM_2,
    Item.OVERDRAFT_LIMIT,
    Item.HOARD_LIMIT,
    Item.RECLOSE_BALANCE,
    Item.PURCHASE_AMOUNT,
    Item.BALANCE_BEFORE,
    Item.BALANCE_AFTER,
    Item.PURCHASED_IN_ALL,
}
MOMENTS = {Item.DAILY_FREEZE_MOMENT, Item.PURCHASE_MOMENT, 0x04000108}
SCALES = {0x02010100: (2, 10), 0x04050101: (4, 10_000), 0x04050201: (4, 10_000)}


def kinds(*names: str) -> pytest.MarkDecorator:
    chosen = [sample for sample in DLT645 if sample.decoded["kind"] in names]
    assert chosen
    return pytest.mark.parametrize("sample", chosen, ids=lambda sample: sample.id)


@each(DLT645, lambda sample: sample.id)
def test_every_frame_says_its_published_fields_and_is_rebuilt_from_them(sample: Sample) -> None:
    frame = decode(sample.raw)
    dialect = recognise(frame)
    message = read_message(frame, dialect)
    head = {"fe": frame.preamble, "addr": frame.address, "c": f"{frame.control:02X}"}
    assert message.trouble is None
    assert head | dict(published(frame, message)) == sample.decoded
    assert encode(write_message(head_of(frame), message, dialect)) == sample.raw


@each(DLT645, lambda sample: sample.id)
def test_the_outer_frame_is_read_and_rebuilt_byte_for_byte(sample: Sample) -> None:
    frame = decode(sample.raw)
    assert frame.preamble == sample.decoded["fe"]
    assert frame.address == sample.decoded["addr"]
    assert f"{frame.control:02X}" == sample.decoded["c"]
    assert encode(frame) == sample.raw
    assert take_frame(sample.raw) == (frame, len(sample.raw))


@kinds("read")
def test_read_requests_are_read_and_rebuilt(sample: Sample) -> None:
    frame = decode(sample.raw)
    asked = reads.parse_read_request(frame)
    assert (f"{asked.di:08X}", asked.rest.hex()) == (sample.decoded["di"], sample.decoded["rest"])
    assert encode(reads.build_read(frame.address, asked.di)) == sample.raw


@kinds("data")
def test_read_replies_are_read_and_rebuilt(sample: Sample) -> None:
    frame, di = decode(sample.raw), int(sample.decoded["di"], 16)
    answer = reads.parse_read_reply(frame, frame.address, di)
    assert isinstance(answer, reads.ReadData)
    assert answer.more == bool(sample.decoded["more"])
    rebuilt = reads.build_read_reply(frame.address, di, answer.data, more=answer.more)
    assert encode(rebuilt) == sample.raw[sample.decoded["fe"] :]


@kinds("data")
def test_values_of_read_replies_are_read_and_rebuilt(sample: Sample) -> None:
    di, value, raw = int(sample.decoded["di"], 16), sample.decoded["value"], decode(sample.raw).data[4:]
    if di in MONEY:
        assert values.money_from_bytes(raw) == round(value * 100)
        assert values.money_to_bytes(round(value * 100)) == raw
    elif sample.id == "energy-3":
        with pytest.raises(RemoteError, match="nibble"):
            values.energy_from_bytes(raw)
    elif di == Item.ENERGY:
        assert values.energy_from_bytes(raw) == round(value * 1000)
        assert values.energy_to_bytes(round(value * 1000)) == raw
    elif di == Item.PURCHASE_COUNT:
        assert (reads.PURCHASE_COUNT.from_bytes(raw), reads.PURCHASE_COUNT.to_bytes(value)) == (value, raw)
    elif di == Item.STATUS_3:
        status = reads.STATUS_3.from_bytes(raw)
        assert status.relay_open == status.relay_command_open == (value == "0050")
        assert reads.STATUS_3.to_bytes(status) == raw
    elif di in MOMENTS:
        moment = values.moment_from_bytes(raw, CHINA)
        assert moment is not None
        assert f"{moment.astimezone(CHINA):%y%m%d%H%M}" == value
        assert values.moment_to_bytes(moment, CHINA, 5) == raw
    elif di in SCALES:
        width, scale = SCALES[di]
        assert values.number_from_bytes(raw, width) == round(value * scale)
    else:
        digits = str(value).replace(":", "").lower()
        assert raw[::-1].hex() == digits or raw.hex() == digits


@kinds("relay")
def test_plain_relay_orders_are_read_and_rebuilt(sample: Sample) -> None:
    frame = decode(sample.raw)
    request = relay.parse_relay(frame, CHINA)
    assert isinstance(request, relay.PlainRequest)
    password, order = request.password, request.order
    assert f"{password.level:02X}" == sample.decoded["pa"]
    assert password.secret.to_bytes(3, "little").hex() == sample.decoded["pw"]
    assert password.operator.to_bytes(4, "little").hex() == sample.decoded["op"]
    assert (f"{order.action:02X}", order.delay) == (sample.decoded["n1"], sample.decoded["n2"])
    assert order.expires is not None
    assert f"{order.expires.astimezone(CHINA):%y%m%d%H%M%S}" == sample.decoded["expiry"]
    assert encode(relay.build_relay(frame.address, password, order, CHINA)) == sample.raw


def test_the_sealed_relay_order_is_read_and_rebuilt() -> None:
    sample = next(sample for sample in DLT645 if sample.id == "c-relay-98")
    sealed = relay.parse_relay(decode(sample.raw), CHINA)
    assert isinstance(sealed, relay.SealedOrder)
    assert (sealed.cipher[::-1] + sealed.mac[::-1]).hex() == sample.decoded["body"][16:]
    assert encode(relay.build_sealed_relay("201000000012", sealed)) == sample.raw


@kinds("ok")
def test_a_taken_order_or_write_is_read_and_rebuilt(sample: Sample) -> None:
    frame = decode(sample.raw)
    if frame.control == 0x94:
        assert writes.parse_write_reply(frame, frame.address) == writes.Written()
        return
    assert relay.parse_relay_reply(frame, frame.address) == relay.Obeyed()
    assert encode(relay.build_relay_reply(frame.address)) == sample.raw


@kinds("err", "serr")
def test_refusals_are_read_and_rebuilt(sample: Sample) -> None:
    frame = decode(sample.raw)
    assert is_refusal(frame)
    refusal = parse_refusal(frame)
    assert [refusal.code] == [REFUSALS[bit] for bit in sample.decoded["bits"]]
    assert refusal.word == int(sample.decoded.get("err") or sample.decoded["serr"], 16)
    request = Frame(frame.address, frame.control & 0x1F)
    assert encode(build_refusal(request, refusal.code)) == sample.raw[sample.decoded["fe"] :]


@kinds("address")
def test_address_reads_are_read_and_rebuilt(sample: Sample) -> None:
    frame = decode(sample.raw)
    if sample.decoded["n"] == 2:
        built = Frame(ANY_METER, Control.READ_ADDRESS, frame.data)  # the carrier's search: see test_dialects
    elif not sample.decoded["n"]:
        built = reads.build_address_query()
    else:
        assert reads.parse_address_reply(frame) == sample.decoded["value"]
        built = reads.build_address_reply(sample.decoded["value"])
    assert encode(built) == sample.raw[sample.decoded["fe"] :]


@kinds("security")
def test_security_requests_are_read_and_rebuilt(sample: Sample) -> None:
    frame = decode(sample.raw)
    di, operator, body = purchase.parse_security(frame)
    assert (f"{di:08X}", body.hex()) == (sample.decoded["di"], sample.decoded["body"])
    assert operator.to_bytes(4, "little").hex() == sample.decoded["op"]
    built = purchase.build_security(frame.address, di, operator, body)
    assert encode(built) == sample.raw[sample.decoded["fe"] :]


@kinds("security-ok")
def test_good_security_replies_name_their_command_or_nothing(sample: Sample) -> None:
    data = decode(sample.raw).data
    assert (data[3::-1].hex().upper() or None, data[4:].hex()) == (sample.decoded["di"], sample.decoded["body"])


def by_id(name: str) -> Frame:
    return next(decode(sample.raw) for sample in DLT645 if sample.id == name)


METER = "201000000012"


def test_the_challenge_and_its_answer_are_read_and_rebuilt() -> None:
    asked = purchase.parse_authentication(by_id("c-auth-req"))
    assert asked.cipher1 == bytes(range(0x17, 0x0F, -1))
    assert asked.random1 == bytes(range(0x27, 0x1F, -1))
    assert asked.diversifier == purchase.diversifier(METER) == bytes.fromhex("0000201000000012")
    assert purchase.build_authentication(METER, asked) == by_id("c-auth-req")
    answer = purchase.parse_authenticated(by_id("c-auth-ok"), METER)
    assert answer == purchase.Authenticated(bytes.fromhex("A4A3A2A1"), bytes(range(8, 0, -1)))
    assert purchase.build_authenticated(METER, answer) == by_id("c-auth-ok")


@pytest.mark.parametrize(
    ("name", "kind", "amount_cents", "count"),
    [
        ("c-open", purchase.PurchaseKind.OPEN_ACCOUNT, 10_000, 1),
        ("c-recharge-2", purchase.PurchaseKind.RECHARGE, 5_000, 2),
    ],
)
def test_purchases_are_read_and_rebuilt(name: str, kind: purchase.PurchaseKind, amount_cents: int, count: int) -> None:
    bought = purchase.parse_purchase(by_id(name))
    mac1, mac2 = bytes.fromhex("44332211"), bytes.fromhex("88776655")
    assert bought == purchase.Purchase(amount_cents, count, "000000123456", mac1, mac2)
    assert purchase.security_di(by_id(name)) == kind
    assert purchase.build_purchase(METER, kind, bought) == by_id(name)


def test_both_forms_of_a_taken_purchase_are_understood() -> None:
    kind = purchase.PurchaseKind
    assert purchase.parse_purchase_reply(by_id("c-open-ok"), METER, kind.OPEN_ACCOUNT) == purchase.Accepted()
    assert purchase.parse_purchase_reply(by_id("c-recharge-ok-di"), METER, kind.RECHARGE) == purchase.Accepted()
    assert purchase.build_purchase_reply(METER, kind.OPEN_ACCOUNT, echo=False) == by_id("c-open-ok")
    assert purchase.build_purchase_reply(METER, kind.RECHARGE) == by_id("c-recharge-ok-di")


def test_the_wallet_state_is_read_and_rebuilt() -> None:
    assert purchase.build_state_query(METER) == by_id("c-state-req")
    assert purchase.security_di(by_id("kd-state")) == Security.STATE
    state = purchase.parse_state_reply(by_id("c-state-r"), METER)
    assert isinstance(state, purchase.WalletState)
    assert (state.balance_cents, state.count, state.customer) == (14999, 2, "000000123456")
    assert (state.balance_mac.hex(), state.count_mac.hex()) == ("44332211", "88776655")
    assert purchase.build_state_reply(METER, state) == by_id("c-state-r")


def test_a_meter_that_counts_in_hex_is_a_bad_value_and_not_a_figure() -> None:
    frame = by_id("energy-3")
    with pytest.raises(RemoteError) as caught:
        reads.parse_register(frame, frame.address, reads.ENERGY)
    assert caught.value.code == "not_bcd"


def test_identifiers_of_four_bytes_show_as_the_standard_writes_them() -> None:
    assert digits_from_bytes(by_id("gw-read-sw3").data) == "04000503"
