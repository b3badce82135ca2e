"""An existing head end as its contract describes it, on loopback, with the meters of another driver behind it.

It verifies who asks and every signature with code of its own, checks each task against the published document, keeps
tasks by their ids, does each once, and misbehaves on order.
"""

import asyncio
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headend_client.drivers import Driver
from headend_client.errors import Unreachable
from headend_client.orders import EnterTokens, Read, ReadFrozen, RelayWish, SetClock, Switch, Write
from headend_client.outcome import Done, Readings, Refused, Relay, TokenTaken, Unknown, Wallet
from headend_client.target import Recharge, Target
from tests.headend_client.meters import Leave
from tests.serving import HangUp, served
from tests.standins.ami_contract import must_fit
from tests.standins.ami_signing import KEY_ID, SECRET, digest, line_of, proof

_TOLERANCE_S = 300
_ENDS = ("done", "refused", "not_done", "unknown", "cancelled")
Json = dict[str, object]


class Fault(StrEnum):
    """What goes wrong with the next answers, each as often as `faults` counts."""

    LOST_ANSWER = "lost_answer"  # it heard, and its answer breaks off
    LOST_QUESTION = "lost_question"  # it never hears
    SERVER_ERROR = "server_error"  # 500 of its own, signed
    PROXY_ERROR = "proxy_error"  # 502 of somebody in between, before it hears
    WRONG_SIGNATURE = "wrong_signature"
    OLD_ANSWER = "old_answer"
    OTHER_TASK = "other_task"
    NO_JSON = "no_json"
    ENDLESS = "endless"
    REDIRECT = "redirect"


@dataclass
class Held:
    """A task as it came, and how it stands."""

    id: str
    wanted: Json
    state: str = "queued"
    code: str = ""
    result: Json | None = None
    called_off: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self) -> Json:
        """What is said of it."""
        return {"id": self.id, "state": self.state, "code": self.code, "result": self.result}

    def end(self, state: str, code: str = "", result: Json | None = None) -> None:
        """It has ended; ends never change."""
        if self.state not in _ENDS:
            self.state, self.code, self.result = state, code, result
            self.ended.set()


@dataclass
class AmiStandIn:
    """`aim`: how its own driver finds a meter by address; KeyError for one that it does not have.

    `begins`: tasks begin while it is set. `results`: their ends are known while it is set; both are for the kinds in
    `holds_back`, or for all. `calls_back`: how often it tells an end; 0 is never. `says`: the end of each task, of
    kinds in `scripted` or of all; no meter hears of it. `done`: how often the meters were told each kind.
    `asked_after`: how often it was asked how a task stands. `barred`: who asks is sent away.
    """

    driver: Driver
    aim: Callable[[str], Target]
    now: Callable[[], datetime]
    url: str = ""
    faults: Counter[Fault] = field(default_factory=Counter)
    only: tuple[str, ...] = ("PUT", "GET", "DELETE")
    calls_back: int = 0
    barred: bool = False
    away: bool = False
    forgets_result: bool = False
    offers: frozenset[str] | None = None
    says: tuple[str, str, Json | None] | None = None
    scripted: frozenset[str] | None = None
    tasks: dict[str, Held] = field(default_factory=dict)
    tombstones: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    asked_after: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)
    answered_back: list[int] = field(default_factory=list)
    begins: asyncio.Event = field(default_factory=asyncio.Event)
    results: asyncio.Event = field(default_factory=asyncio.Event)
    holds_back: frozenset[str] | None = None
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    _hands: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.begins.set()
        self.results.set()

    async def answer(self, request: Request) -> Response:
        """Let in what is signed, and break what the test wants broken."""
        body = await request.body()
        if self.away or self._happens(Fault.LOST_QUESTION, request):
            return HangUp()
        if self._happens(Fault.PROXY_ERROR, request):
            return Response("<h1>502</h1>", 502)
        why = self._check(request, body)
        if why:
            self.refusals.append(why)
            return Response(json.dumps({"code": why}), 401)
        self.heard[request.method] += 1
        if self._happens(Fault.SERVER_ERROR, request):
            return self._signed(request, 500, {"code": "broken"})
        status, said = await self._serve(request, body)
        if not self.says:
            must_fit("Turned" if status >= 400 else "Told" if "task" in request.path_params else "Standing", said)
        return self._spoilt(request, status, said)

    async def _serve(self, request: Request, body: bytes) -> tuple[int, Json]:
        task_id = request.path_params.get("task")
        if task_id is None:
            states = Counter(task.state for task in self.tasks.values())
            standing = {"name": "Old Town AMI", "version": "4.2"}
            return 200, standing | {"queued": states["queued"], "running": states["running"]}
        if request.method == "PUT":
            return self._put(task_id, body)
        if request.method == "DELETE":
            return self._cancel(task_id)
        return await self._look(task_id, float(request.query_params.get("wait_s", 0)))

    def _put(self, task_id: str, body: bytes) -> tuple[int, Json]:
        wanted = json.loads(body)
        must_fit("Task", wanted)
        known = self.tasks.get(task_id)
        if known is not None:
            return (200, known.told()) if known.wanted == wanted else (409, {"code": "task_conflict"})
        if task_id in self.tombstones or self.now() >= datetime.fromisoformat(wanted["expires_at"]):
            return 410, {"code": "too_late"}
        if self.offers is not None and wanted["kind"] not in self.offers:
            return 422, {"code": "not_offered"}
        many = "meters" in wanted
        try:
            _ = many or self.aim(wanted["meter"]["address"])
        except KeyError:
            return 422, {"code": "unknown_meter"}
        self.tasks[task_id] = held = Held(task_id, wanted)
        hand = asyncio.create_task(self._carry_many(held) if many else self._carry(held))
        self._hands.add(hand)
        hand.add_done_callback(self._hands.discard)
        return 202, held.told()

    def _cancel(self, task_id: str) -> tuple[int, Json]:
        """What is called off before it came never comes any more."""
        held = self.tasks.get(task_id)
        if held is None:
            self.tombstones.add(task_id)
            return 200, Held(task_id, {}, "cancelled").told()
        if held.state == "queued":
            held.end("cancelled")
        held.called_off = True
        return 200, held.told()

    async def _look(self, task_id: str, wait_s: float) -> tuple[int, Json]:
        held, self.asked_after[task_id] = self.tasks.get(task_id), self.asked_after[task_id] + 1
        if held is None:
            return 404, {"code": "unknown_task"}
        try:
            async with asyncio.timeout(min(wait_s, 30)):
                await held.ended.wait()
        except TimeoutError:
            pass
        return 200, held.told()

    async def _carry(self, held: Held) -> None:
        """Do a task in its turn, unless it was called off or came too late; each meter does one thing at a time."""
        address = str(held.wanted["meter"]["address"])  # type: ignore[index]
        async with self.turn_of(address):
            held_back = self.holds_back is None or held.wanted["kind"] in self.holds_back
            if held_back:
                await self.begins.wait()
            if held.state != "queued":
                return
            if self.now() >= datetime.fromisoformat(str(held.wanted["expires_at"])):
                held.end("not_done", "no_time_left")
                return
            held.state = "running"
            ending = await self._do(str(held.wanted["kind"]), self.aim(address), held.wanted["order"])  # type: ignore[arg-type]
            if held_back:
                await self.results.wait()
            held.end(*(("unknown", "no_reply", None) if self.forgets_result else ending))
        await self._call_back(held)

    async def _carry_many(self, held: Held) -> None:
        """Do it for one meter after the other, each in its own turn; what is known so far is in its result."""
        said: dict[str, Json] = {}
        held.state, held.result = "running", {"meters": said}
        days_ago = held.wanted["order"]["days_ago"]  # type: ignore[index]
        held_back = self.holds_back is None or held.wanted["kind"] in self.holds_back
        for meter in held.wanted["meters"]:  # type: ignore[attr-defined]
            address = str(meter["address"])
            async with self.turn_of(address):
                if held_back:
                    await self.begins.wait()
                late = self.now() >= datetime.fromisoformat(str(held.wanted["expires_at"]))
                if held.called_off or late:
                    break
                said[address] = await self._one_of_many(address, {"days_ago": days_ago})
        if held_back:
            await self.results.wait()
        held.end(*(self.says or ("done", "", {"meters": said})))

    async def _one_of_many(self, address: str, order: Json) -> Json:
        try:
            target = self.aim(address)
        except KeyError:
            return {"code": "unknown_meter"}
        self.done["read_frozen_many"] += 1
        try:
            said = await self._told_meter("read_frozen", target, order)
        except Unreachable as error:
            return {"code": str(error)}
        match said:
            case Readings(values=values):
                return {"values": dict(values)}
            case Refused(code=code):
                return {"code": code}
        return {"code": "no_reply"}

    async def _do(self, kind: str, target: Target, order: Json) -> tuple[str, str, Json | None]:
        if self.says and (self.scripted is None or kind in self.scripted):
            return self.says
        self.done[kind] += 1
        try:
            said = await self._told_meter(kind, target, order)
        except Unreachable as error:
            return "not_done", str(error), None
        match said:
            case Refused(code=code):
                return "refused", code, None
            case Unknown(reason=reason):
                return "unknown", reason, None
            case _:
                return "done", "", _result_of(said)

    async def _told_meter(
        self, kind: str, target: Target, order: Json
    ) -> Wallet | Done | TokenTaken | Relay | Readings | Refused | Unknown:
        match kind, order:
            case "read_wallet", _:
                return await self.driver.read_wallet(target, [])
            case "recharge", {"amount_minor": int(amount), "number": int(number)}:
                return await self.driver.send_purchase(target, Recharge(amount, number), [])
            case "enter_token", {"digits": str(digits)}:
                return await self.driver.send_token(target, digits, [])
            case "read_relay", _:
                return await self.driver.read_relay(target, [])
            case "trip", _:
                return await self.driver.trip_relay(target, Leave(), [])
            case "switch", {"wish": str(wish)}:
                return await self.driver.operate(target, Switch(RelayWish(wish)), [])
            case "read", {"names": list(names)}:
                return await self.driver.operate(target, Read(tuple(names)), [])
            case "read_frozen", {"days_ago": int(days)}:
                return await self.driver.operate(target, ReadFrozen(days), [])
            case "write", {"values": dict(values)}:
                return await self.driver.operate(target, Write(tuple(values.items())), [])
            case "set_clock", _:
                return await self.driver.operate(target, SetClock(), [])
            case "enter_tokens", {"digits": list(each)}:
                return await self.driver.operate(target, EnterTokens(tuple(each)), [])
        return Refused("bad_task")

    async def _call_back(self, held: Held) -> None:
        url = held.wanted.get("callback_url")
        for _ in range(self.calls_back if url else 0):
            await self.call_back(held, str(url))

    async def call_back(self, held: Held, url: str, secret: str = SECRET) -> int:
        """Tell the end of a task to whoever asked for it; return the status that came back."""
        body = json.dumps(held.told()).encode()
        path = httpx2.URL(url).raw_path.decode()
        headers = proof(("callback", f"POST {path}"), body, self.now(), secret=secret)
        try:
            async with httpx2.AsyncClient() as client:
                status = (await client.post(url, content=body, headers=headers)).status_code
        except httpx2.HTTPError:
            status = 0  # nobody is there to hear it
        self.answered_back.append(status)
        return status

    def _check(self, request: Request, body: bytes) -> str:
        if self.barred or request.headers.get("relight-key") != KEY_ID:
            return "not_let_in"
        stamp, nonce = request.headers["relight-timestamp"], request.headers["relight-nonce"]
        good = digest(("request", f"{request.method} {line_of(request)}"), body, (stamp, nonce), SECRET)
        if not hmac.compare_digest(good, request.headers["relight-signature"]):
            return "bad_signature"
        return "" if abs(self.now().timestamp() - int(stamp)) <= _TOLERANCE_S else "too_old"

    def _happens(self, fault: Fault, request: Request) -> bool:
        if not self.faults[fault] or request.method not in self.only or "task" not in request.path_params:
            return False
        self.faults[fault] -= 1
        return True

    def _spoilt(self, request: Request, status: int, said: Json) -> Response:
        if self._happens(Fault.LOST_ANSWER, request):
            return HangUp()
        if self._happens(Fault.OTHER_TASK, request):
            said = said | {"id": "00000000-0000-4000-8000-000000000000", "state": "done", "result": {}}
        if self._happens(Fault.NO_JSON, request):
            return self._signed(request, status, None)
        if self._happens(Fault.REDIRECT, request):
            return Response(status_code=307, headers={"location": f"{self.url}/v1/status"})
        if self._happens(Fault.ENDLESS, request):
            return self._signed(request, status, said | {"more": "x" * 300_000})
        answer = self._signed(request, status, said)
        if self._happens(Fault.WRONG_SIGNATURE, request):
            answer.headers["relight-signature"] = "0" * 64
        if self._happens(Fault.OLD_ANSWER, request):
            answer.headers["relight-timestamp"] = "1700000000"
        return answer

    def _signed(self, request: Request, status: int, said: Json | None) -> Response:
        body = b"not json" if said is None else json.dumps(said).encode()
        words = "answer", f"{status} {request.method} {line_of(request)}"
        nonce = request.headers["relight-nonce"]
        return Response(body, status, proof(words, body, self.now(), nonce), "application/json")

    def ended(self, kind: str) -> list[str]:
        """The states of the tasks of a kind, in the order in which they came."""
        return [task.state for task in self.tasks.values() if task.wanted["kind"] == kind]

    def turn_of(self, address: str) -> asyncio.Lock:
        """Whoever holds it has the meter to himself."""
        return self._turns.setdefault(address, asyncio.Lock())

    async def settled(self) -> None:
        """Wait until every task has ended."""
        await asyncio.gather(*self._hands)

    async def stop(self) -> None:
        """Leave nothing under way."""
        for hand in list(self._hands):
            hand.cancel()
        await asyncio.gather(*self._hands, return_exceptions=True)


def _result_of(said: Wallet | Done | TokenTaken | Relay | Readings) -> Json:
    match said:
        case Wallet():
            return {"balance_minor": said.balance_minor, "overdraft_minor": said.overdraft_minor, "count": said.count}
        case TokenTaken(already=already):
            return {"already": already}
        case Relay():
            names = ("relay_open", "command_open", "alarm", "keep_power")
            return {name: getattr(said, name) for name in names}
        case Readings(values=values):
            return {"values": dict(values)}
        case Done():
            return {}


@asynccontextmanager
async def ami_head_end(
    driver: Driver, aim: Callable[[str], Target], now: Callable[[], datetime]
) -> AsyncIterator[AmiStandIn]:
    """Serve a head end for the length of the block."""
    there = AmiStandIn(driver, aim, now)
    task = Route("/v1/tasks/{task}", there.answer, methods=["PUT", "GET", "DELETE"])
    app = Starlette(routes=[task, Route("/v1/status", there.answer, methods=["GET"])])
    async with served(app) as there.url:
        try:
            yield there
        finally:
            await there.stop()
