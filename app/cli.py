"""`relight`: the one way into everything."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Callable
from pathlib import Path

from app import logs
from app.domain.roles import Role
from app.fieldwork.arguments import add_commands
from app.settings import settings

Command = Callable[[argparse.Namespace], int]


def main() -> None:
    """Run the command that was asked for; say in one sentence what stands in its way."""
    asked = _parser().parse_args()
    try:
        sys.exit(asked.run(asked))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not isinstance(error, _explained()):
            raise
        print(f"relight {asked.command}: {error}", file=sys.stderr)
        sys.exit(2)


def _explained() -> tuple[type[Exception], ...]:
    """Errors that are a sentence for whoever typed the command. To load them takes a second: only once there is one."""
    from app.engines import EnginesError
    from app.headend import HeadEndError
    from app.setup import SetupError
    from headend_client.simulator.errors import SimulatorError

    return SetupError, EnginesError, HeadEndError, SimulatorError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="relight", description="Prepaid electricity, from paid to lit.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        return made

    demo = add("demo", _demo, "Run a small utility with everything in it on this machine.")
    demo.add_argument("--once", action="store_true", help="play the story once, prove each step, and stop")
    add("serve", _serve, "Serve the web: portal, staff console, callbacks.")
    add("work", _work, "Work for the office: tokens, announcements, deadlines, reconciliation.")
    add("notify", _notify, "Send messages.")
    front = add("frontend", _frontend, "Hold the links of concentrators and carry purchases to meters.")
    front.add_argument("name", help="name of this front-end; one process bears it at a time")
    simulate = add("simulate", _simulate, "Simulate concentrators and meters from a world file.")
    simulate.add_argument("--world", type=Path, required=True)
    simulate.add_argument("--concentrator", action="append", metavar="REGION-TERMINAL")
    simulate.add_argument("--lab", type=Path, help="a file that says what goes wrong")
    bank = add("sandbox", _sandbox, "Run the rehearsal bank of the sandbox provider.")
    bank.add_argument("--port", type=int, default=8601)
    stage = add("stage", _stage, "Serve the control page of a rehearsal: what goes wrong, switched on and off.")
    stage.add_argument("--port", type=int, default=8602)
    stage.add_argument("--backhaul", type=int, default=0, help="port that the terminal takes for the platform's")
    stage.add_argument("--control", type=int, action="append", default=[], help="control port of a simulator, in order")
    migrate = add("migrate", _migrate, "Bring the database's tables up to date.")
    migrate.add_argument("--down", action="store_true", help="take every table away again")
    add("seed", _seed, "Put the demo's utility into an empty database.")
    staff = add("staff", _staff, "Add somebody who may sign in to the console.")
    staff.add_argument("login")
    staff.add_argument("name")
    staff.add_argument("--role", action="append", choices=[*Role], required=True, help="may be given several times")
    keys = add("keys", _keys, "Make an encrypted key file from keys given as JSON on standard input.")
    keys.add_argument("--overwrite", action="store_true")
    kiosk = add("kiosk", _kiosk, "Be the terminal at a metering box, or enrol as one.")
    kiosk.add_argument("act", choices=("run", "enrol"))
    kiosk.add_argument(
        "code", nargs="?", help="the enrolment code that staff gave out; with run: enrols a terminal that has no key"
    )
    bounce = add("bounce", _bounce, "Hear one mail that came back (standard input), as a mail server pipes it here.")
    bounce.add_argument("--to", default="", help="whom the mail server took it for; else it stands in its headers")
    add("doctor", _doctor, "Look whether this installation is fit to take money, and say what to do.")
    add("bench", _bench, "Measure, as ratios within one run.")
    add_commands(add, _conformance, _token, _frame)
    return parser


def _demo(asked: argparse.Namespace) -> int:
    from app.demo.play import play_once
    from app.demo.run import run_demo

    return play_once() if asked.once else run_demo()


def _settle_in(process: str) -> None:
    """Open the log; and spare the collector of garbage what was imported, which is never any: 0.1 s a full round."""
    logs.set_up(process)
    gc.collect()
    gc.freeze()


def _serve(_: argparse.Namespace) -> int:
    from app.main import serve

    _settle_in("web")
    serve(settings())
    return 0


def _work(_: argparse.Namespace) -> int:
    from app.worker import run_office

    _settle_in("office")
    asyncio.run(run_office(settings()))
    return 0


def _notify(_: argparse.Namespace) -> int:
    from notifier.worker import run

    _settle_in("notifier")
    asyncio.run(run(settings()))
    return 0


def _frontend(asked: argparse.Namespace) -> int:
    from app.worker import run_front_end

    _settle_in(asked.name)
    asyncio.run(run_front_end(settings(), asked.name))
    return 0


def _simulate(asked: argparse.Namespace) -> int:
    from app.setup import SetupError
    from headend_client.simulator.errors import SimulatorError
    from headend_client.simulator.main import run

    _settle_in("meters")
    try:
        asyncio.run(run(asked.world, asked.concentrator, asked.lab))
    except SimulatorError as wrong:
        raise SetupError(str(wrong)) from None
    except OSError as error:
        raise SetupError(f"{error.filename}: {error.strerror}; `relight demo` writes a world file") from None
    return 0


def _sandbox(asked: argparse.Namespace) -> int:
    from app.main import serve_sandbox

    _settle_in("bank")
    serve_sandbox(settings(), asked.port)
    return 0


def _stage(asked: argparse.Namespace) -> int:
    from app.demo.stage.serve import serve_stage

    _settle_in("stage")
    serve_stage(settings(), asked.port, tuple(asked.control), asked.backhaul)
    return 0


def _migrate(asked: argparse.Namespace) -> int:
    from app import migrate
    from app.setup import check

    check(settings())
    (migrate.downgrade if asked.down else migrate.upgrade)(settings().database_url)
    print("all tables are gone" if asked.down else "the tables are up to date")
    return 0


def _seed(_: argparse.Namespace) -> int:
    from app.demo.run import seed_database
    from app.demo.stories import demo_town

    done = asyncio.run(seed_database(settings(), demo_town()))
    print("seeded" if done else "nothing done: the database holds a utility already")
    return 0


def _staff(asked: argparse.Namespace) -> int:
    from getpass import getpass

    from app.assembly import open_deps
    from app.services import staff

    async def add() -> None:
        async with open_deps(settings(), "cli") as deps, deps.begin() as db:
            wanted = staff.NewStaff(asked.login, asked.name, frozenset(Role(role) for role in asked.role))
            await staff.create(db, wanted, password, now=deps.now())

    password = getpass(f"Password for {asked.login}: ")
    asyncio.run(add())
    print(f"{asked.login} may sign in")
    return 0


def _keys(asked: argparse.Namespace) -> int:
    from app.headend import make_key_file

    print(make_key_file(settings(), sys.stdin.read(), overwrite=asked.overwrite))
    return 0


def _bounce(asked: argparse.Namespace) -> int:
    """Exit codes of sysexits.h, as mail servers read them: 67 nobody of ours, 75 try again."""
    from app.assembly import open_deps
    from app.domain.mail_back import MOST_BYTES
    from app.services.mail_back import Heard, hear
    from app.setup import SetupError
    from app.tasks.bounces import letterbox

    box = letterbox(settings())
    if box is None:
        raise SetupError("RELIGHT_MAIL_BOUNCE_ADDRESS and RELIGHT_SESSION_SECRET: set them as for the notifier")
    raw = sys.stdin.buffer.read(MOST_BYTES)

    async def hear_one() -> Heard:
        async with open_deps(settings(), "bounce") as deps:
            async with deps.begin() as db:
                how = await hear(db, raw, asked.to, box, deps.now())
            await deps.bell.ring_quietly()
        return how

    try:
        how = asyncio.run(hear_one())
    except Exception as error:  # a mail server keeps what it cannot hand over
        print(f"not heard: {type(error).__name__}", file=sys.stderr)
        return 75
    print(how)
    return 67 if how is Heard.REFUSED else 0


def _kiosk(asked: argparse.Namespace) -> int:
    try:
        from kiosk import main as terminal
    except ModuleNotFoundError as missing:
        from app.setup import SetupError

        raise SetupError(f"{missing.name} is missing; install relight[kiosk]") from None
    if asked.act == "run":
        return terminal.run(asked.code or "")
    if not asked.code:
        print("relight kiosk enrol: the code is missing; staff make one on the page of terminals", file=sys.stderr)
        return 2
    return terminal.enrol(asked.code)


def _doctor(_: argparse.Namespace) -> int:
    from app.doctor import examine
    from app.settings import Settings
    from notifier.channels import open_channels

    async def open_and_close(known: Settings) -> None:
        async with open_channels(known):
            pass

    lines = asyncio.run(examine(settings(), open_and_close))
    for line in lines:
        print(line)
    return 0 if all(line.well for line in lines) else 1


def _bench(_: argparse.Namespace) -> int:
    from benchmarks.run import run

    return run()


def _conformance(asked: argparse.Namespace) -> int:
    from app.fieldwork import doors

    return doors.conformance(asked)


def _token(asked: argparse.Namespace) -> int:
    from app.fieldwork import doors

    return doors.token(asked)


def _frame(asked: argparse.Namespace) -> int:
    from app.fieldwork import doors

    return doors.frame(asked)
