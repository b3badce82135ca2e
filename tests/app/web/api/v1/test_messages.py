"""Other programs send messages: once a reference, with a key, under the rules for reminders."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from sqlmodel import func, select
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageState
from app.domain.sending import SendMode
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import ApiMessage, Audit, Message, Staff
from app.models.account import ChannelName
from app.outbox import Job
from app.services import api_keys, api_messages, suppressions
from app.services.suppressions import Entry
from app.settings import Settings
from app.tasks import rehearse
from app.web.api.v1.description import description
from app.web.routes import all_routes, exception_handlers, web_middleware
from notifier.channels.memory import MemoryChannel
from notifier.worker import sender
from tests.app.web.world import ADDRESS
from tests.clocks import Clock
from tests.work import Work, worker

BODY = {"reference": "inv-1", "channel": "sms", "to": "13900000007", "locale": "en", "text": "Your bill is ready."}
PATH = "/api/v1/messages"


@dataclass
class Program:
    """Another program of the utility."""

    client: AsyncClient
    secret: str

    async def send(self, **said: object) -> Response:
        return await self.client.post(PATH, json=BODY | said, headers={"authorization": f"Bearer {self.secret}"})

    async def ask(self, message_id: str) -> Response:
        return await self.client.get(f"{PATH}/{message_id}", headers={"authorization": f"Bearer {self.secret}"})


@pytest.fixture
async def maker(begin: Begin) -> UUID:
    person = Staff(id=uuid4(), login="anna", name="Anna", password_hash="-")
    async with begin() as db:
        db.add(person)
        return person.id


@pytest.fixture
async def client(deps: Deps, settings: Settings) -> AsyncIterator[AsyncClient]:
    app = Starlette(
        routes=all_routes(settings), middleware=web_middleware(settings), exception_handlers=exception_handlers()
    )
    app.state.deps = deps
    async with AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url=ADDRESS) as client:
        yield client


async def program(begin: Begin, clock: Clock, maker: UUID, client: AsyncClient, mode: SendMode) -> Program:
    async with begin() as db:
        return Program(client, await api_keys.make(db, "billing", mode, maker, clock()))


@pytest.fixture
async def billing(begin: Begin, clock: Clock, maker: UUID, client: AsyncClient) -> Program:
    return await program(begin, clock, maker, client, SendMode.LIVE)


@pytest.fixture
def phone() -> MemoryChannel:
    return MemoryChannel()


@pytest.fixture
def work(deps: Deps, phone: MemoryChannel) -> Work:
    jobs = {Job.PLAY_DELIVERY: rehearse.play_delivery}
    sending = sender(dict.fromkeys(ChannelName, phone))
    return worker(deps, jobs | {Job.SEND_MESSAGE: sending, Job.SEND_BULK: sending})


async def count(begin: Begin, table: type[Message] | type[ApiMessage]) -> int:
    async with begin() as db:
        return (await db.exec(select(func.count()).select_from(table))).one()


async def test_a_message_goes_out_in_the_words_that_were_given(
    billing: Program, work: Work, phone: MemoryChannel
) -> None:
    said = await billing.send(text="Bill {{ number }}: {{ sum }}", variables={"number": "7", "sum": "{{ meter }}"})
    assert (said.status_code, said.json()["state"], said.json()["to"]) == (201, "queued", "•••• 0007")
    await work()
    (sent,) = phone.sent
    assert (sent.recipient, sent.body) == ("+8613900000007", "Bill 7: {{ meter }}")
    standing = (await billing.ask(said.json()["id"])).json()
    assert (standing["state"], standing["segments"], standing["rehearsed"]) == (MessageState.SENT, 1, False)


async def test_the_same_request_again_is_the_same_message(begin: Begin, billing: Program) -> None:
    answers = [await billing.send() for _ in range(2)]
    answers += await asyncio.gather(*(billing.send() for _ in range(4)))
    assert {each.json()["id"] for each in answers} == {answers[0].json()["id"]}
    assert await count(begin, Message) == await count(begin, ApiMessage) == 1


async def test_another_message_under_the_same_reference_is_a_conflict(begin: Begin, billing: Program) -> None:
    await billing.send()
    said = await billing.send(text="Something else.")
    assert (said.status_code, said.json()["code"]) == (409, "reference_taken")
    assert "new reference" in said.json()["what_to_do"]
    assert await count(begin, Message) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"[" * 100_000, 400, "not_json"),
        (b'{"text": "\\ud800"}', 422, "field_wrong"),
        (json.dumps(BODY | {"variables": {"a": "\ud800"}}).encode(), 422, "field_wrong"),
        (json.dumps(BODY | {"text": "\ud800"}).encode(), 422, "field_wrong"),
    ],
    ids=["nested", "half a character", "half a character in a variable", "half a character in the text"],
)
async def test_what_no_database_could_keep_is_refused(billing: Program, body: bytes, status: int, code: str) -> None:
    answer = await billing.client.post(PATH, content=body, headers={"authorization": f"Bearer {billing.secret}"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("said", "status", "more"),
    [
        ({"to": "123"}, 422, {"code": "phone_bad", "field": "to"}),
        ({"channel": "email", "to": "nobody", "title": "x"}, 422, {"code": "mail_wrong", "field": "to"}),
        ({"channel": "email", "to": "a@b.example"}, 422, {"code": "field_wrong", "field": "title"}),
        ({"channel": "pigeon"}, 422, {"code": "field_wrong", "field": "channel"}),
        ({"locale": "xx"}, 422, {"code": "field_wrong", "field": "locale"}),
        ({"reference": "a b"}, 422, {"code": "field_wrong", "field": "reference"}),
        ({"reference": 7}, 422, {"code": "field_wrong", "field": "reference"}),
        ({"colour": "red"}, 400, {"code": "field_unknown", "field": "colour"}),
        ({"text": ""}, 422, {"code": "text_wrong", "fault": "empty"}),
        ({"text": "x" * 2001}, 422, {"code": "text_wrong", "fault": "too_long"}),
        ({"text": "{{ nam }}", "variables": {"name": "A"}}, 422, {"fault": "unknown", "name": "nam", "near": "name"}),
        ({"text": "{{ name.x }}", "variables": {"name": "A"}}, 422, {"fault": "forbidden"}),
        ({"text": "{{ a | join(a | join(a)) }}", "variables": {"a": "x" * 500}}, 422, {"fault": "forbidden"}),
        ({"text": "{% if a > 5 %}x{% endif %}", "variables": {"a": "7"}}, 422, {"fault": "syntax"}),
        ({"variables": {"a b": "c"}}, 422, {"code": "field_wrong", "field": "variables.a b"}),
        ({"variables": ["a"]}, 422, {"code": "field_wrong", "field": "variables"}),
    ],
)
async def test_what_is_wrong_is_said_by_field_and_nothing_is_sent(
    begin: Begin, billing: Program, said: dict[str, object], status: int, more: dict[str, str]
) -> None:
    answer = await billing.send(**said)
    assert answer.status_code == status
    assert more.items() <= answer.json().items()
    assert answer.json()["what_to_do"]
    assert await count(begin, ApiMessage) == 0


async def test_what_is_no_json_is_said(billing: Program) -> None:
    said = await billing.client.post(PATH, content=b"{", headers={"authorization": f"Bearer {billing.secret}"})
    assert (said.status_code, said.json()["code"]) == (400, "not_json")


async def test_a_revoked_key_and_a_made_up_one_open_nothing(
    begin: Begin, clock: Clock, maker: UUID, billing: Program
) -> None:
    async with begin() as db:
        (line,) = await api_keys.list_keys(db)
        assert await api_keys.revoke(db, line.key.id, maker, clock())
        assert billing.secret not in line.key.secret_hash
        assert list(await db.exec(select(Audit.act).where(Audit.subject_id == line.key.id))) == [
            "key_made",
            "key_revoked",
        ]
    for secret in (billing.secret, "relight_live_made_up", ""):
        said = await Program(billing.client, secret).send()
        assert (said.status_code, said.json()["code"]) == (401, "key_unknown")


async def test_a_test_key_never_leaves_the_house(
    begin: Begin, clock: Clock, maker: UUID, client: AsyncClient, work: Work, phone: MemoryChannel
) -> None:
    tester = await program(begin, clock, maker, client, SendMode.TEST)
    said = (await tester.send()).json()
    await work()
    clock.forward(minutes=1)
    await work()
    standing = (await tester.ask(said["id"])).json()
    assert (standing["state"], standing["rehearsed"], phone.sent) == ("delivered", True, [])


async def test_a_key_sees_its_own_messages_only(
    begin: Begin, clock: Clock, maker: UUID, client: AsyncClient, billing: Program
) -> None:
    said = (await billing.send()).json()
    other = await program(begin, clock, maker, client, SendMode.LIVE)
    assert (await other.ask(said["id"])).status_code == 404
    assert (await other.send()).status_code == 201  # references are each key's own


async def test_who_wants_no_reminders_gets_none_from_a_program_either(
    begin: Begin, clock: Clock, billing: Program
) -> None:
    async with begin() as db:
        stop = Entry(ChannelName.SMS, "+8613900000007", SuppressionScope.REMINDERS, SuppressionReason.STAFF)
        await suppressions.add(db, stop, clock())
    said = (await billing.send()).json()
    assert (said["state"], said["reason"]) == ("refused", "left_alone")
    assert await count(begin, Message) == 0


async def test_a_key_has_a_pace(billing: Program, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_messages, "A_MINUTE", 1)
    await billing.send()
    said = await billing.send(reference="inv-2")
    assert (said.status_code, said.headers["retry-after"]) == (429, "60")
    clock.forward(minutes=2)
    assert (await billing.send(reference="inv-2")).status_code == 201


async def test_the_description_names_what_may_be_sent(client: AsyncClient) -> None:
    said = (await client.get("/api/v1/openapi.json")).json()
    assert said == description()
    assert set(said["components"]["schemas"]["Asked"]["properties"]) == {*BODY, "title", "variables"}
