"""Existing head ends for one front-end: which to look after, what is under way there, whom to believe."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.context import Deps
from app.domain.head_end import TaskEnd
from app.ports import CallbackRejected, ConcentratorAddress
from app.services.head_ends import tasks, watch
from app.services.head_ends.calls import Called
from app.services.head_ends.joining import PURPOSE, callback_url
from app.services.sealing import NotSealedHere, opened
from app.steady import transaction
from headend_client.ami.shapes import HeadEndPlace, NewTask, OpenTask, Standing, Told, read_told
from headend_client.ami.signing import BadSignature, Role, Secret, Subject, verify


class RowBook:
    """The tasks under way, in the database: they outlive this process."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def unsettled(self, head_end: UUID, address: str) -> OpenTask | None:
        found = await transaction(self._deps, lambda db: tasks.unsettled(db, head_end, address))
        return OpenTask(*found) if found else None

    async def begin(self, task: NewTask) -> bool:
        begun = tasks.Begun(task.id, task.head_end, task.address, task.kind, task.expires_at)
        return await transaction(self._deps, lambda db: tasks.begin(db, begun, self._deps.now()))

    async def settle(self, task_id: UUID, state: str, code: str) -> None:
        end = tasks.Ended(task_id, TaskEnd(state), code)
        await transaction(self._deps, lambda db: tasks.settle(db, end, self._deps.now()))

    async def called_back(self, task_id: UUID) -> Told | None:
        end = await transaction(self._deps, lambda db: tasks.called_back(db, task_id))
        if end is None or end.state in (TaskEnd.LOST, TaskEnd.NOT_SENT):
            return None
        return Told.model_validate({"id": end.id, "state": end.state.value, "code": end.code, "result": end.result})


class RowRegistry:
    """The head ends that staff have joined. `name`: of this front-end."""

    def __init__(self, deps: Deps, name: str) -> None:
        self._deps, self._name = deps, name

    async def head_ends(self) -> Iterable[HeadEndPlace]:
        """Return those that are enabled; one whose secret does not open is told to be in trouble."""
        settings = self._deps.settings
        async with self._deps.begin() as db:
            rows = await watch.enabled(db, self._name)
        places = []
        for row in rows:
            try:
                secret = opened(row.secret_sealed, PURPOSE, row.id, settings.session_secret.get_secret_value())
            except NotSealedHere:
                await self.in_trouble(row.id, "secret_not_opened", gone=True)
                continue
            url = callback_url(settings.public_url, row.id)
            places.append(HeadEndPlace(row.id, row.url, Secret(row.key_id, secret), url))
        return places

    async def answered(self, head_end: UUID, standing: Standing) -> Iterable[ConcentratorAddress]:
        said = watch.Standing(standing.name, standing.version, standing.queued, standing.running)
        async with self._deps.begin() as db:
            ours = await watch.answered(db, head_end, said, self._name, self._deps.now())
        await self._deps.bell.ring_quietly()
        return ours

    async def in_trouble(self, head_end: UUID, code: str, *, gone: bool) -> None:
        async with self._deps.begin() as db:
            await watch.in_trouble(db, head_end, code, self._deps.now())
            if gone:
                await watch.let_go(db, head_end, self._name)


class AmiEnds:
    """Reads what head ends call back with."""

    def read(self, called: Called, now: datetime) -> tasks.Ended | None:
        """Return the end that is told, None for a task that has none yet. Raises CallbackRejected."""
        subject = Subject(Role.CALLBACK, f"POST {called.path}")
        try:
            verify(Secret(called.key_id, called.secret), subject, called.body, called.headers, now)
        except BadSignature as error:
            raise CallbackRejected(error.code) from error
        try:
            told = read_told(called.body)
        except ValueError as error:
            raise CallbackRejected("unreadable") from error
        return tasks.Ended(told.id, TaskEnd(told.state.value), told.code, told.result) if told.ended else None
