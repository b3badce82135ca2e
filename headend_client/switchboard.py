"""Several drivers as one: each order goes the way that its target names."""

from collections.abc import Mapping

from headend_client.clearance import Clearance
from headend_client.drivers import Driver
from headend_client.orders import MeterOrder, TerminalOrder
from headend_client.outcome import Done, Readings, Refused, Relay, TokenTaken, Unknown, Wallet
from headend_client.target import Place, Recharge, Target
from headend_client.trace import Trace

NO_DRIVER = Refused("unknown_driver")


class Switchboard:
    """A driver that asks the one which `Target.driver` or `Place.driver` names.

    Refused("unknown_driver") where this process has none of that name: nothing was sent.
    """

    def __init__(self, drivers: Mapping[str, Driver]) -> None:
        self._drivers = dict(drivers)

    async def read_wallet(self, target: Target, trace: Trace) -> Wallet | Refused | Unknown:
        """Read balance, overdraft and purchase count."""
        driver = self._drivers.get(target.driver)
        return await driver.read_wallet(target, trace) if driver else NO_DRIVER

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        """Recharge a meter once."""
        driver = self._drivers.get(target.driver)
        return await driver.send_purchase(target, recharge, trace) if driver else NO_DRIVER

    async def send_token(self, target: Target, digits: str, trace: Trace) -> TokenTaken | Refused | Unknown:
        """Enter an STS token once."""
        driver = self._drivers.get(target.driver)
        return await driver.send_token(target, digits, trace) if driver else NO_DRIVER

    async def read_relay(self, target: Target, trace: Trace) -> Relay | Refused | Unknown:
        """Read the relay's state."""
        driver = self._drivers.get(target.driver)
        return await driver.read_relay(target, trace) if driver else NO_DRIVER

    async def close_relay(self, target: Target, trace: Trace, *, arm: bool = False) -> Done | Refused | Unknown:
        """Close the relay, or allow it to be closed by hand."""
        driver = self._drivers.get(target.driver)
        return await driver.close_relay(target, trace, arm=arm) if driver else NO_DRIVER

    async def trip_relay(self, target: Target, clearance: Clearance, trace: Trace) -> Readings | Refused | Unknown:
        """Open the relay, if `clearance` holds right before the order leaves."""
        driver = self._drivers.get(target.driver)
        return await driver.trip_relay(target, clearance, trace) if driver else NO_DRIVER

    async def operate(self, target: Target, order: MeterOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Do anything else to a meter."""
        driver = self._drivers.get(target.driver)
        return await driver.operate(target, order, trace) if driver else NO_DRIVER

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        """Do something to a concentrator itself."""
        driver = self._drivers.get(place.driver)
        return await driver.command(place, order, trace) if driver else NO_DRIVER
