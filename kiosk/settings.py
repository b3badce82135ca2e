"""Settings of one terminal, from the environment (prefix KIOSK_). docs/howto/set-up-a-kiosk.md explains them."""

from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class PrinterKind(StrEnum):
    """How the slip printer is connected. `dummy` prints into memory, for rehearsals."""

    NONE = "none"
    USB = "usb"
    SERIAL = "serial"
    NETWORK = "network"
    DUMMY = "dummy"


class KioskSettings(BaseSettings):
    """One terminal. What staff may change from afar (languages, times, display) comes from the platform instead."""

    model_config = SettingsConfigDict(env_prefix="KIOSK_", extra="ignore")

    platform_url: str = Field(default="http://127.0.0.1:8600", description="Where the platform's web is reached.")
    public_urls: str = Field(
        default="", description="Addresses that codes may lead to, joined by commas; the platform's where empty."
    )
    state_dir: Path = Field(default=Path("var/kiosk"), description="Key, journal and cache. Survives restarts.")
    host: str = Field(default="127.0.0.1", description="Where the screens are served; loopback only.")
    port: int = Field(default=8700, description="Port of the screens.")
    line: str = Field(default="", description="The meters' line: /dev/ttyS1, or socket://host:port; empty for none.")
    line_baud: int = Field(default=2400, description="Speed of the line; 8 data bits and 1 stop bit.")
    line_parity: Literal["E", "N", "O"] = Field(default="E", description="Parity of the line: even as a rule.")
    line_answer_s: float = Field(default=2.0, description="How long a meter may take to answer.")
    line_tries: int = Field(default=3, description="How often a question is put on the line.")
    scanner: str = Field(default="", description="Serial scanner, e.g. /dev/ttyACM0; empty for one that types.")
    scanner_baud: int = Field(default=9600, description="Speed of the serial scanner.")
    printer: PrinterKind = Field(default=PrinterKind.NONE, description="none, usb, serial, network or dummy.")
    printer_address: str = Field(
        default="", description="usb: vendor:product in hex; serial: a device; network: host or host:port."
    )
    font: Path | None = Field(default=None, description="Font for slips that has Chinese; searched for if empty.")
    currency: str = Field(default="CNY", description="ISO 4217 code of the money on slips.")
    timezone: str = Field(default="Asia/Shanghai", description="Local time: of slips, and of the meters' clocks.")
    door_input: Path | None = Field(default=None, description="File that reads 1 while the door is open (GPIO).")
    unit_input: Path | None = Field(default=None, description="File that reads 1 while the screen unit has a fault.")
    cache_s: float = Field(default=60.0, description="Seconds between two looks at what is kept for off-line times.")

    @field_validator("host")
    @classmethod
    def _stays_inside(cls, host: str) -> str:
        """Whoever reaches the screens can press them. ValueError."""
        if host != "localhost" and not ip_address(host).is_loopback:
            raise ValueError("the screens are served on loopback only")
        return host

    @property
    def our_hosts(self) -> frozenset[str]:
        """Hosts (with port where one is written) that a QR code of ours may name, in lower case."""
        urls = [url.strip() for url in self.public_urls.split(",") if url.strip()] or [self.platform_url]
        return frozenset(urlsplit(url).netloc.lower() for url in urls)


@cache
def settings() -> KioskSettings:
    """The settings of this process."""
    return KioskSettings()
