"""Tables of tariffs are filled in cell by cell, and arrive as the meter wants them."""

import pytest
from sqlmodel import select

from app.domain.operation import OperationKind
from app.domain.operation_arguments import fields_of
from app.models import Operation
from app.web.console.devices.tables import BadCell, cells, compose
from tests.app.web.conftest import Browser
from tests.desk import Desk

FIELDS = {each.name: each for each in fields_of(OperationKind.SET_TARIFFS)}
PRICES, DAY, YEAR = FIELDS["prices_backup_e4"], FIELDS["days_1_second"], FIELDS["zones_second"]
TABLE = {
    "arg_days_1_second_0_from": "00:00",
    "arg_days_1_second_0_on": "3",
    "arg_days_1_second_1_from": "08:30",
    "arg_days_1_second_1_on": "1",
}


def test_cells_become_what_the_meter_wants() -> None:
    assert compose(DAY, TABLE) == "0000=3,0830=1"
    assert compose(YEAR, {"arg_zones_second_0_from": "01-01", "arg_zones_second_0_on": "1"}) == "0101=1"
    prices = {"arg_prices_backup_e4_0_on": "0.5283", "arg_prices_backup_e4_1_on": "1"}
    assert compose(PRICES, prices) == "5283,10000"
    assert compose(PRICES, {"arg_prices_backup_e4": "5283, 4000"}) == "5283, 4000"
    assert compose(PRICES, {}) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"arg_days_1_second_1_on": ""},
        {"arg_days_1_second_0_from": ""},
        {"arg_days_1_second_3_from": "10:00", "arg_days_1_second_3_on": "2"},
    ],
)
def test_a_gap_in_a_table_is_no_table(change: dict[str, str]) -> None:
    with pytest.raises(BadCell):
        compose(DAY, TABLE | change)


@pytest.mark.parametrize("text", ["x", "-1", "0.52831", "NaN", "Infinity", "1e9999999", "9" * 40])
def test_a_price_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadCell):
        compose(PRICES, {"arg_prices_backup_e4_0_on": text})


def test_cells_show_what_was_typed_either_way() -> None:
    assert [(cell.begins, cell.value) for cell in cells(DAY, TABLE)[:2]] == [("00:00", "3"), ("08:30", "1")]
    assert [cell.value for cell in cells(PRICES, {"arg_prices_backup_e4": "5283,x"})[:3]] == ["0.5283", "x", ""]
    assert len(cells(DAY, {})) == DAY.most


async def test_a_day_table_is_looked_at_and_sent(officer: Browser, desk: Desk) -> None:
    path = "/console/operations/new"
    page = await officer.open(f"{path}?kind=set_tariffs&meter={desk.town.esam.number}")
    assert 'name="arg_days_1_second_0_from"' in page.text
    wrong = await officer.send(
        path, page, kind="set_tariffs", meter=desk.town.esam.number, **(TABLE | {"arg_days_1_second_1_on": ""})
    )
    assert (wrong.status_code, "cannot be meant" in wrong.text, 'value="08:30"' in wrong.text) == (422, True, True)
    form = {"kind": "set_tariffs", "meter": desk.town.esam.number, **TABLE}
    looked = await officer.send(path, page, act="look", **form)
    mark = looked.text.split('name="looked" value="')[1].split('"')[0]
    sent = await officer.send(path, looked, act="begin", seen="1", looked=mark, **form)
    assert sent.status_code == 303
    async with desk.begin() as db:
        row = (await db.exec(select(Operation))).one()
    assert row.arguments == {"days_1_second": "0000=3,0830=1"}
