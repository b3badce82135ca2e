"""The link on which a plain master gets four of five through, over real sockets, with busy ports and broken links."""

from pathlib import Path

import pytest

from app.db import Begin
from benchmarks.link.sockets import Scene, compare

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


async def test_over_real_sockets_every_purchase_is_in_its_meter_once_while_links_come_and_go(
    begin: Begin, tmp_path: Path
) -> None:
    told = await compare(begin, tmp_path, Scene(16, 0.45, patience_s=90))
    assert (told.credited, dict(told.held)) == (told.sold, {1: told.sold})
    assert told.torn and told.read


@pytest.mark.long
@pytest.mark.timeout(1500)
async def test_where_a_plain_master_gets_four_of_five_through_the_product_gets_hundreds_through_over_real_sockets(
    begin: Begin, tmp_path: Path
) -> None:
    told = await compare(begin, tmp_path, Scene(400, 0.5, patience_s=1200))
    assert 0.65 <= told.plain <= 0.9
    assert (told.credited, dict(told.held)) == (told.sold, {1: told.sold})
