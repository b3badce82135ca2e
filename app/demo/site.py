"""One demo on this machine: its ports, secrets, key file, world file and programs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import engines, migrate
from app.assembly import SetupError
from app.demo.keys import KRN, SGC, DemoSecrets, load_or_make
from app.demo.supervisor import Program
from app.demo.town import Town
from app.demo.world import Surroundings, post_names, write_world
from app.engines import ports as loopback
from app.headend import make_key_file
from app.settings import Settings
from headend_client.simulator.world import FrontEndAddress

FRONT_END = "north"
_HOST = "127.0.0.1"
_WEB, _BANK, _STAGE, _KIOSK, _FRONT_END = 8600, 8601, 8602, 8700, 7000


@dataclass(frozen=True, slots=True)
class Site:
    """A demo that is ready to run. `controls`: a control port for each way into the town.

    `lines`: where the meters' own lines are, or a gateway's, or a head end's door.

    `backhaul_port`: what the terminal takes for the platform, so that the rehearsal page can cut it off.
    """

    settings: Settings
    town: Town
    engines: engines.Engines
    world: Path
    environment: dict[str, str]
    bank_port: int
    stage_port: int
    kiosk_port: int
    backhaul_port: int
    controls: list[int]
    lines: list[int]
    secrets: DemoSecrets

    def programs(self) -> list[Program]:
        """Everything that runs, in the order in which it is started."""
        bank = ("sandbox", "--port", str(self.bank_port))
        simulated = [
            Program(f"meters {n}", ("simulate", "--world", str(self.world), "--concentrator", name), {})
            for n, name in enumerate(post_names(self.town), 1)
        ]
        return [
            Program("bank", bank, self.environment),
            Program("web", ("serve",), self.environment),
            Program(FRONT_END, ("frontend", FRONT_END), self.environment),
            Program("office", ("work",), self.environment),
            Program("notifier", ("notify",), self.environment),
            *simulated,
        ]

    def beside(self, code: str) -> list[Program]:
        """What a demo with a screen has besides: the control page, and a terminal at the first metering box.

        `code`: the terminal's enrolment code, empty where it is enrolled already.
        """
        terminal = {
            "KIOSK_PLATFORM_URL": f"http://{_HOST}:{self.backhaul_port}",
            "KIOSK_PUBLIC_URLS": self.settings.public_url,
            "KIOSK_STATE_DIR": str(self.terminal_dir),
            "KIOSK_PORT": str(self.kiosk_port),
            "KIOSK_LINE": f"socket://{_HOST}:{self.lines[0]}",
            "KIOSK_PRINTER": "dummy",
        }
        return [
            Program("stage", ("stage", *self._stage_ports()), self.environment),
            Program("kiosk", ("kiosk", "run", *([code] if code else [])), terminal),
        ]

    @property
    def terminal_dir(self) -> Path:
        """What the terminal keeps: its key, its journal."""
        return Path(self.settings.state_dir) / "kiosk"

    def _stage_ports(self) -> list[str]:
        named = [("--port", self.stage_port), ("--backhaul", self.backhaul_port)]
        named += [("--control", port) for port in self.controls]
        return [word for name, port in named for word in (name, str(port))]


def free_port(wanted: int = 0) -> int:
    """Return `wanted` if nobody listens there, else any free port that no outgoing connection is given."""
    return wanted if wanted and loopback.is_free(wanted) else loopback.free_port()


@contextmanager
def open_site(state_dir: Path, town: Town, *, throwaway: bool) -> Iterator[Site]:
    """Start the engines, migrate, and write what the programs read. `throwaway`: on free ports, nothing is kept."""
    state_dir.mkdir(parents=True, exist_ok=True)
    secrets = load_or_make(state_dir / "secrets.json")
    wanted = (0, 0, 0, 0, 0) if throwaway else (_WEB, _BANK, _STAGE, _KIOSK, _FRONT_END)
    try:
        with engines.engines(state_dir, throwaway=throwaway) as running:
            migrate.upgrade(running.database_url)
            yield _site(state_dir, town, secrets, running, _Ports(*map(free_port, wanted)))
    except engines.EnginesError as error:
        raise SetupError(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Ports:
    web: int
    bank: int
    stage: int
    kiosk: int
    front_end: int


def _site(state_dir: Path, town: Town, secrets: DemoSecrets, running: engines.Engines, ports: _Ports) -> Site:
    environment = _environment(state_dir, secrets, running, ports)
    settings = _settings(environment)
    make_key_file(settings, key_text(secrets), overwrite=True)
    controls, lines = ([free_port() for _ in range(town.posts)] for _ in range(2))
    world = state_dir / "world.json"
    around = Surroundings(FrontEndAddress(_HOST, ports.front_end), controls, settings.timezone, lines)
    write_world(world, town, secrets, around)
    return Site(
        settings,
        town,
        running,
        world,
        environment,
        ports.bank,
        ports.stage,
        ports.kiosk,
        free_port(),
        controls,
        lines,
        secrets,
    )


def _environment(state_dir: Path, secrets: DemoSecrets, running: engines.Engines, ports: _Ports) -> dict[str, str]:
    return {
        "DATABASE_URL": running.database_url,
        "REDIS_URL": running.redis_url,
        "RELIGHT_STATE_DIR": str(state_dir),
        "RELIGHT_PUBLIC_URL": f"http://{_HOST}:{ports.web}",
        "RELIGHT_PORT": str(ports.web),
        "RELIGHT_PROVIDERS": "sandbox,counter",
        "RELIGHT_EMERGENCY_CREDIT_MINOR": "1000",
        "RELIGHT_SANDBOX_URL": f"http://{_HOST}:{ports.bank}",
        "RELIGHT_SANDBOX_SECRET": secrets.sandbox,
        "RELIGHT_SESSION_SECRET": secrets.session,
        "RELIGHT_FRONTEND_PORT": str(ports.front_end),
        "RELIGHT_KEY_FILE": str(state_dir / "keys.json"),
        "RELIGHT_KEY_PASSPHRASE": secrets.key_passphrase,
        "RELIGHT_SMS_CHANNEL": "rehearsal",
        "RELIGHT_EMAIL_CHANNEL": "rehearsal",
        "RELIGHT_REHEARSAL_FILE": str(state_dir / "conduct.json"),
        "RELIGHT_KIOSK_RELAY_PASSWORD": secrets.relay_password,
        "RELIGHT_DEMO": "1",
        "RELIGHT_SECOND_STEP": "offered",  # whoever looks at a demo has no device set up for it
        "PYTHONUNBUFFERED": "1",
    }


def _settings(environment: dict[str, str]) -> Settings:
    values = {name.removeprefix("RELIGHT_").lower(): value for name, value in environment.items()}
    return Settings.model_validate({k: v for k, v in values.items() if k in Settings.model_fields})


def key_text(secrets: DemoSecrets) -> str:
    """The keys as `relight keys` reads them."""
    vending = {
        "sgc": SGC,
        "krn": KRN,
        "kt": 2,  # unique per meter
        "ken": 255,  # never expires
        "base_year": 2014,
        "ea": 11,
        "secret": secrets.vending_key,
    }
    held = {"esam_master": secrets.esam_master, "relay_password": secrets.relay_password, "vending": [vending]}
    return json.dumps(held)
