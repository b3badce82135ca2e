"""What a way costs and loses. Latency is log-normal by its median and its 95th percentile.

No source measures single reads over a carrier; the figures are those of a wire-time estimate: 36 bytes over three hops
of a slow narrow-band carrier are 3 to 6 s, over a broadband one less than 1 s.
"""

from dataclasses import dataclass
from math import exp, log

from headend_client.simulator.errors import WorldError
from headend_client.simulator.lab.dice import Z_95, normal


def check_share(share: float, name: str) -> None:
    """Raise WorldError unless it is from 0 to 1."""
    if not 0 <= share <= 1:
        raise WorldError(name, "a share is from 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Half of all cases take `median_s` at most, 95 of 100 `slow_s`."""

    median_s: float = 0.0
    slow_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.median_s <= self.slow_s or (self.slow_s > 0 and self.median_s == 0):
            raise WorldError("median_s", "from 0 to slow_s, and zero only where both are")

    def seconds(self, share: float) -> float:
        """Return the time below which that share of cases lies."""
        if not self.median_s:
            return 0.0
        return self.median_s * exp(log(self.slow_s / self.median_s) / Z_95 * normal(share))


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The way from a concentrator to its meters.

    `loss`: share of exchanges that fail; where the way back fails (`back` of them) the meter has obeyed.
    `bad_share` of the meters stand badly and lose `bad_loss`. A silent meter is waited for from `wait_s` to
    `wait_most_s`. Losses of carriers come in spells: for `spell_s` at a time a meter is out of reach altogether,
    `spell_share` of all time.
    """

    name: str
    latency: Latency = Latency()
    loss: float = 0.0
    back: float = 0.5
    bad_share: float = 0.0
    bad_loss: float = 0.5
    wait_s: float = 3.0
    wait_most_s: float = 3.0
    spell_share: float = 0.0
    spell_s: float = 600.0

    def __post_init__(self) -> None:
        for name in ("loss", "back", "bad_share", "bad_loss", "spell_share"):
            check_share(getattr(self, name), name)
        if not 0 < self.wait_s <= self.wait_most_s or self.spell_s <= 0:
            raise WorldError("wait_s", "more than zero, and no more than wait_most_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """The way from a concentrator to the front-end; the latency is that of there and back."""

    name: str
    latency: Latency = Latency()


PATHS = {
    path.name: path
    for path in (
        Path(name="perfect"),
        Path(name="rs485", latency=Latency(median_s=0.3, slow_s=0.6), loss=0.005),
        Path(name="broadband", latency=Latency(median_s=0.8, slow_s=3.0), loss=0.01, wait_s=60, wait_most_s=90),
        Path(
            name="narrow_band",
            latency=Latency(median_s=4.0, slow_s=10.0),
            loss=0.05,
            bad_share=0.02,
            wait_s=60,
            wait_most_s=90,
        ),
    )
}
UPLINKS = {
    uplink.name: uplink
    for uplink in (
        Uplink(name="perfect"),
        Uplink(name="4g", latency=Latency(median_s=0.1, slow_s=0.4)),
        Uplink(name="gprs", latency=Latency(median_s=0.8, slow_s=3.0)),
    )
}
