"""Parameters of a terminal as they leave the factory, in the fields of `meters_io.gdw1376.functions.parameters`."""

from math import ceil

from headend_client.simulator.world import ConcentratorSpec
from meters_io.layout import Plain

EVERY_BIT = "ff" * 8
# ERC 1, 2, 7, 13, 14, 21, 23, 31, 33, 37, 38, 40: bit 0 of the first byte is ERC 1
IMPORTANT = bytes((0b0100_0011, 0b0011_0000, 0b0101_0000, 0b0100_0000, 0b1011_0001, 0, 0, 0)).hex()
POINTS_OF_A_METER = (25, 29)  # functions whose Pn is a measuring point
Key = tuple[int, int]


def factory_parameters(spec: ConcentratorSpec) -> dict[Key, Plain]:
    """Return what is asked for with AFN 0A before anybody set it, by point and function."""
    heartbeat_min = min(max(ceil(spec.heartbeat_s / 60), 1), 255)
    answers: Plain = {"wait_s": min(ceil(spec.confirm_s), 0xFFF), "resends": 3}
    communication: Plain = {
        "rts_delay": 0, "start_delay_min": 0, "answers": answers, "confirmed_classes": 0,
        "heartbeat_min": heartbeat_min,
    }  # fmt: skip
    master: Plain = {
        "address": "127.0.0.1", "port": 7000, "backup_address": "0.0.0.0", "backup_port": 0, "apn": "CMNET",  # noqa: S104
    }  # fmt: skip
    functions: dict[int, Plain] = {
        1: communication,
        3: master,
        5: {"scheme": 0, "parameter": 0},
        8: {"mode": 1, "redial_s": 60, "redials": 3, "idle_min": 30, "online_hours": "ffffff"},
        9: {"recorded": EVERY_BIT, "important": IMPORTANT},
        23: {"hours": "ffffff"},
        24: 60,
        33: [_reading_block(port) for port in spec.ports],
        35: [],
        36: {"limit": 0},
        57: {"hours": "ffffff"},
        58: {"silent_hours": 0},
    }
    return {(0, number): value for number, value in functions.items()}


def is_marked(bitmap: Plain, erc: int) -> bool:
    """Tell whether the bit of an event is set in eight bytes of hex (F9)."""
    raw = bytes.fromhex(bitmap) if isinstance(bitmap, str) else b""
    place, bit = divmod(erc - 1, 8)
    return 0 <= place < len(raw) and raw[place] >> bit & 1 == 1


def _reading_block(port: int) -> Plain:
    return {
        "port": port, "control": 0, "read_days": 0x7FFFFFFF, "read_at": "0005", "interval_min": 60,
        "clock_broadcast_at": "000000", "periods": [{"start": "0000", "end": "2359"}],
    }  # fmt: skip
