"""Forwards (AFN 10): a meter's frame goes out on its port, and what came of it goes back to the front-end."""

import logging
from collections.abc import Mapping

from headend_client.simulator.answers import Answer, Answerer, Fate
from headend_client.simulator.lab.faults import Fault
from headend_client.simulator.lab.mangling import mangled
from headend_client.simulator.lab.weather import Passing
from headend_client.simulator.link import Link, Post
from headend_client.simulator.ports import Heard, Port, PortBusy
from headend_client.simulator.terminal.desk import Desk
from headend_client.simulator.words import is_changing, name_of
from meters_io.dlt645 import frame as dlt645
from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import Frame, encode
from meters_io.gdw1376.link import build_denial
from meters_io.gdw1376.passage import Passage, build_passed, parse_passage

log = logging.getLogger(__name__)


class Denied(Exception):
    """The concentrator will not pass it on."""


class Forwards:
    """The ports of one concentrator, as its front-end uses them."""

    def __init__(self, post: Post, ports: Mapping[int, Port]) -> None:
        self._post, self._ports = post, ports
        self._name = post.spec.name

    def meter(self, address: str) -> Answerer | None:
        """Return the meter with this address, on whichever port."""
        return next((found for port in self._ports.values() if (found := port.line.meter(address))), None)

    async def pass_on(self, link: Link, asked: Frame, desk: Desk) -> None:
        """Forward, and answer; what cannot be forwarded is refused (AFN 00 F2)."""
        try:
            passage, tail = parse_passage(asked)
            answer = await self._pass_on(passage)
        except RemoteError as wrong:
            await self._turn_away(link, asked, wrong.code)
        except Denied as why:
            await self._turn_away(link, asked, str(why))
        except PortBusy:
            await self._turn_away(link, asked, "port busy")
        else:
            inner = dlt645.encode(answer.frame) if answer.frame else b""
            end = desk.tail(tail, self._post.timing.now())
            await self._answer(link, build_passed(asked, passage.port, inner, end), answer)

    async def _pass_on(self, passage: Passage) -> Answer:
        port = self._ports.get(passage.port)
        if port is None:
            raise Denied("no such port")
        async with port.claimed(self._post.spec.port_wait_ms / 1000):
            return await self._exchange(port, passage)

    async def _exchange(self, port: Port, passage: Passage) -> Answer:
        """Ask the meter. It obeys at once; how long its answer takes is what is waited for."""
        now, (request, _) = self._post.timing.now(), dlt645.take_frame(passage.inner)
        passing = self._post.weather.passing(request.address if request else "", passage.port, now)
        if passing.fault is Fault.DENIED:
            raise Denied("by the laboratory")
        heard = port.send(passage.inner, now) if passing.there else Heard(Answer(Fate.SILENT), request)
        spec, answer = self._post.spec, arrived(passing, heard)
        silence_s = spec.silence_ms / 1000 if passing.wait_s is None else passing.wait_s
        patience_s = min(passage.frame_timeout_ms / 1000, silence_s)
        takes_s = spec.delay_ms / 1000 + passing.takes_s + (answer.seconds if answer.fate is Fate.ANSWERED else 0)
        if answer.frame is None or takes_s > patience_s:
            answer, takes_s = Answer(answer.fate if answer.frame is None else Fate.SILENT), patience_s
        self._note(heard, answer)
        if takes_s > 0:
            await self._post.timing.sleep(takes_s)
        return answer

    async def _answer(self, link: Link, frame: Frame, answer: Answer) -> None:
        if answer.fate is Fate.CUT:
            raw = encode(frame)
            await link.send_bytes(raw[: len(raw) // 2])
            log.info("%s link cut by script", self._name)
            link.close()
            return
        if answer.fate is Fate.LATE:
            await self._post.timing.sleep(answer.seconds)
        await link.answer(frame)

    async def _turn_away(self, link: Link, asked: Frame, reason: str) -> None:
        log.info("%s forward refused: %s", self._name, reason)
        await link.send(build_denial(asked))

    def _note(self, heard: Heard, answer: Answer) -> None:
        what = "no frame" if heard.request is None else name_of(heard.request)
        meter = heard.number or (heard.request.address if heard.request else "")
        said = f" {answer.frame.control:02X}" if answer.frame else ""
        log.info("%s forward to %s: %s, %s%s", self._name, meter, what, answer.fate.value, said)


def arrived(passing: Passing, heard: Heard) -> Answer:
    """Return what comes back to the concentrator of a meter's answer, and what becomes of it from there."""
    answer = heard.answer
    if answer.frame is None:
        return answer
    is_lost = passing.fault is Fault.REPLY_LOST and heard.request is not None and is_changing(heard.request)
    if not passing.back or is_lost:
        return Answer(Fate.LOST)
    if passing.fault is Fault.LATE:
        return Answer(Fate.LATE, answer.frame, passing.late_s)
    return Answer(answer.fate, mangled(answer.frame, passing.fault), answer.seconds)
