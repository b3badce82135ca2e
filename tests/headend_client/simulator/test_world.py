"""The world file: what it says comes back, and what cannot be is refused with its place."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from headend_client.simulator.errors import WorldError
from headend_client.simulator.world import (
    Behaviour,
    ConcentratorSpec,
    FirstState,
    FrontEndAddress,
    MeterSpec,
    Profile,
    Script,
    VendingKeySpec,
    World,
    esam_keys,
    sts_keys,
)

MASTER = bytes(range(32))


def a_world() -> World:
    esam = MeterSpec(
        address="000000000017",
        number="100000000017",
        profile=Profile.ESAM,
        behaviour=Behaviour(Script.DEAF, times=2),
        first=FirstState(balance_cents=1234),
        esam=esam_keys(MASTER, "000000000017"),
    )
    sts = MeterSpec(
        address="000000000025",
        number="12345678903",
        profile=Profile.STS,
        sts=sts_keys(VendingKeySpec(secret=bytes(20), sgc="123456"), "12345678903", 1),
        relay_password_hex="02123456",
    )
    return World(
        front_ends=(FrontEndAddress("127.0.0.1", 7000),),
        concentrators=(ConcentratorSpec(region="3201", terminal=1, meters=(esam, sts)),),
    )


def test_a_world_file_says_what_it_was_made_from(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    a_world().save(path)
    assert World.load(path) == a_world()


def test_a_world_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text("old")
    path.chmod(0o644)
    a_world().save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keys_do_not_show_when_a_world_is_printed() -> None:
    world = a_world()
    esam, sts = world.concentrators[0].meters
    assert esam.esam is not None
    assert sts.sts is not None
    shown = repr(world)
    for secret in (esam.esam.meter_key_hex, sts.sts.decoder_key_hex, "02123456"):
        assert secret not in shown


def _meter(plain: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = plain["concentrators"][0]["meters"][0]
    return first


@pytest.mark.parametrize(
    ("place", "value", "path"),
    [
        ("address", "00000000001", "concentrators[0].meters[0].address"),
        ("address", 17, "concentrators[0].meters[0].address"),
        ("address", "000000000025", "meters"),
        ("number", "1234567890a", "concentrators[0].meters[0].number"),
        ("profile", "gas", "concentrators[0].meters[0].profile"),
        ("esam", None, "concentrators[0].meters[0].esam"),
        ("esam", {"meter_key_hex": "00"}, "concentrators[0].meters[0].esam.meter_key_hex"),
        ("esam", {"meter_key_hex": "zz"}, "concentrators[0].meters[0].esam.meter_key_hex"),
        ("port", 2, "concentrators[0].meters[0].port"),
        ("load_w", -1, "concentrators[0].meters[0].load_w"),
        ("load_w", True, "concentrators[0].meters[0].load_w"),
        ("colour", "red", "concentrators[0].meters[0].colour"),
        ("behaviour", {"script": "rude"}, "concentrators[0].meters[0].behaviour.script"),
        ("behaviour", {"times": -1}, "concentrators[0].meters[0].behaviour.times"),
        ("first", {"balance_cents": 1, "overdraft_cents": 1}, "concentrators[0].meters[0].first.overdraft_cents"),
        ("first", [], "concentrators[0].meters[0].first"),
    ],
)
def test_a_meter_that_cannot_be_is_refused_with_its_place(place: str, value: object, path: str) -> None:
    plain = json.loads(a_world().to_json())
    _meter(plain)[place] = value
    with pytest.raises(WorldError) as caught:
        World.from_json(json.dumps(plain))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("version", 2),
        ("speed", -1.0),
        ("zone", "Mars/Olympus"),
        ("front_ends", []),
        ("front_ends", [{"host": "x", "port": 70000}]),
        ("concentrators", {}),
    ],
)
def test_a_world_that_cannot_be_is_refused(place: str, value: object) -> None:
    plain = json.loads(a_world().to_json())
    plain[place] = value
    with pytest.raises(WorldError, match=place):
        World.from_json(json.dumps(plain))


def test_a_concentrator_that_is_there_twice_is_refused() -> None:
    plain = json.loads(a_world().to_json())
    plain["concentrators"].append({"region": "3201", "terminal": 1})
    with pytest.raises(WorldError, match="twice"):
        World.from_json(json.dumps(plain))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}"])
def test_what_is_no_world_is_refused(text: str) -> None:
    with pytest.raises(WorldError):
        World.from_json(text)


def test_a_missing_name_is_named() -> None:
    plain = json.loads(a_world().to_json())
    del _meter(plain)["number"]
    with pytest.raises(WorldError, match=r"meters\[0\]\.number"):
        World.from_json(json.dumps(plain))


def test_a_vending_key_that_cannot_be_makes_no_meter_key() -> None:
    with pytest.raises(WorldError):
        sts_keys(VendingKeySpec(secret=bytes(3), sgc="123456"), "12345678903", 1)
    with pytest.raises(WorldError):
        sts_keys(VendingKeySpec(secret=bytes(20), sgc="123456"), "12345678904", 1)
