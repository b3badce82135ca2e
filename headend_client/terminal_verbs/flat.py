"""Parameters as pairs of a name and a value: `F33.0.interval_min` is 60, and back to what meters_io calls them."""

from collections.abc import Iterator

from meters_io.layout import Plain, Unreadable

Value = int | str | None


def flat(name: str, value: Plain) -> Iterator[tuple[str, Value]]:
    """Yield what a value holds, each part under its own name. Numbers with decimals are texts; what cannot be read is
    None."""
    match value:
        case dict():
            for field, part in value.items():
                yield from flat(f"{name}.{field}", part)
        case list():
            for place, part in enumerate(value):
                yield from flat(f"{name}.{place}", part)
        case Unreadable():
            yield name, None
        case int() | str() | None:
            yield name, value
        case _:
            yield name, str(value)
