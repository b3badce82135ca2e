"""Which answer belongs to which request: PSEQ and RSEQ, four bits each."""

from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import Frame

NUMBERS = 16


def next_number(number: int) -> int:
    """Return the PSEQ after `number`."""
    return (number + 1) % NUMBERS


def check_answer(reply: Frame, asked: Frame) -> None:
    """Accept `reply` only as the answer to `asked`.

    RemoteError `wrong_terminal`, `not_an_answer` (a report or login that happens to come now, or an answer
    to another master; some terminals answer master 0), or `late_answer`: its RSEQ is that of an earlier
    request. After sixteen requests a number comes again, so a request that was given up must not be
    followed by sixteen more within the longest time an answer can take.
    """
    terminal, control, _, seq, _, a3, _ = reply
    if terminal is not asked.terminal and terminal != asked.terminal:
        raise RemoteError("another terminal answered", code="wrong_terminal", field="terminal")
    stranger = a3 > 1 and a3 >> 1 != asked.a3 >> 1
    if stranger or control.starts or control.up == asked.control.up:
        raise RemoteError("this is not an answer to us", code="not_an_answer", field="control")
    if seq.number != asked.seq.number:
        raise RemoteError("this answers an earlier request", code="late_answer", field="seq")


def is_answer(reply: Frame, asked: Frame) -> bool:
    """Tell whether `reply` answers `asked`."""
    try:
        check_answer(reply, asked)
    except RemoteError:
        return False
    return True
