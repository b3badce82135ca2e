"""What was refused or dropped at a link, counted: for the status page, and so that nobody is hostile unseen."""

from collections import Counter
from enum import StrEnum


class Mishap(StrEnum):
    """Why something was refused or dropped. The first eight happen on a link, the others at the door."""

    FOREIGN = "foreign"  # a frame under another address, or one that only a master sends
    UNASKED = "unasked"  # an answer to no question of ours
    LATE = "late"  # an answer to what was given up
    DOUBLED = "doubled"  # a second answer, or a part or a report that was heard before
    UNREADABLE = "unreadable"  # an answer or a report that makes no sense, or is about something else
    BROKEN = "broken"  # an answer in parts, one of which is missing
    ANOTHER_METER = "another_meter"  # a passage brought the word of a meter that was not asked
    FLOOD = "flood"  # more than anybody has to say: the link was ended
    NOISE = "too_much_noise"  # bytes without a frame in them: the link was ended
    SLOW = "too_slow"  # a frame that would not end: the link was ended
    CROWDED = "crowded"  # no room for one more connection
    TOO_LATE = "too_late"  # no login in time
    NO_LOGIN = "no_login"  # the first frame was something else
    UNKNOWN_ADDRESS = "unknown_address"  # the archive does not know who logs in
    RIVAL = "rival"  # a login under the address of a concentrator that is on line


class Tally:
    """Counts what happened; whoever belongs to a `whole` counts there too."""

    def __init__(self, whole: "Tally | None" = None) -> None:
        self._counter: Counter[str] = Counter()
        self._whole = whole

    def note(self, mishap: Mishap) -> None:
        """Count one more."""
        self._counter[mishap.value] += 1
        if self._whole is not None:
            self._whole.note(mishap)

    def counts(self) -> dict[str, int]:
        """Return what happened how often, by the name of the mishap; what never happened is not there."""
        return dict(self._counter)
