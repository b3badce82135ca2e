"""One test for a whole table: run for each case, and what failed is named. Hundreds of ids cost more than they say."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Concatenate, ParamSpec, TypeVar

Case = TypeVar("Case")
P = ParamSpec("P")


def each(
    cases: Iterable[Case], name: Callable[[Case], str] = str
) -> Callable[[Callable[Concatenate[Case, P], None]], Callable[P, None]]:
    """Run the test below for every case, its first parameter; fail with the names of all that did not hold.

    Fixtures are made once for all cases: for tests that change none. An empty table fails, for it proves nothing.
    """
    table = list(cases)

    def decorate(test: Callable[Concatenate[Case, P], None]) -> Callable[P, None]:
        @functools.wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            assert table, "no cases"
            failed: list[Exception] = []
            for case in table:
                try:
                    test(case, *args, **kwargs)
                except Exception as trouble:
                    trouble.add_note(f"in the case {name(case)}")
                    failed.append(trouble)
            if failed:
                names = ", ".join(note for each in failed for note in each.__notes__ if note.startswith("in the case"))
                raise ExceptionGroup(f"{len(failed)} of {len(table)}: {names}", failed)

        _, *rest = inspect.signature(test).parameters.values()
        run.__signature__ = inspect.Signature(rest)  # type: ignore[attr-defined]  # so pytest looks for no such fixture
        return run

    return decorate
