"""What a head end may say of a task, in its codes; each becomes one of our words (docs/api/ami-head-end.json, Code)."""

from enum import StrEnum

from meters_io.dlt645.refusals import RefusalCode
from meters_io.sts.results import ResultCode


class TaskState(StrEnum):
    """Where a task is. The last five are ends and never change.

    `refused`: the meter, or the head end, said no, and nothing changed. `not_done`: surely nothing reached the meter.
    `unknown`: something may have, and nothing says what the meter made of it. `cancelled`: it never began.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


ENDS = frozenset(TaskState) - {TaskState.QUEUED, TaskState.RUNNING}

REFUSALS = frozenset(
    {each.value for each in RefusalCode}
    | {each.name.lower() for each in ResultCode}
    | {"unknown_meter", "not_offered", "unknown_register", "not_writable", "bad_value", "not_frozen", "no_effect"}
    | {"meter_clock_ahead", "not_supported", "bad_task", "task_conflict", "trip_refused_keep_power"}
)
"""Why something is refused. A head end that knows better says `other`."""

NOT_REACHED = frozenset({"no_link", "meter_silent", "no_reply", "port_busy", "no_time_left", "not_reached"})
"""Why nothing reached a meter. `no_link` is said of one meter here, and so does not end a round: it becomes
`not_reached`."""


def refusal_word(code: str) -> str:
    """Return a refusal in our words: what no page has words for is `head_end_refused`."""
    return code if code in REFUSALS else "head_end_refused"


def trouble_word(code: str) -> str:
    """Return why a meter was not reached, or what became of it is not known, in our words."""
    return code if code in NOT_REACHED and code != "no_link" else "not_reached"
