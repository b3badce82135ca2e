"""What a form reads, in a few characters: for the pages that are written from the tables of each protocol."""

from collections.abc import Callable

from meters_io.layout import Binary, Bits, Block, Counted, Digits, Form, Hex, Many, Number, Record, Text

Own = Callable[[Form], str | None]


def described(form: Form, own: Own) -> str:
    """Say what `form` reads; `own` says it of the forms that only one protocol has, and else None."""
    said = own(form)
    if said is not None:
        return said
    match form:
        case Record(fields):
            return ", ".join(f"`{name}` {_field(each, own)}" for name, each in fields) or "nothing"
        case Many(each, count, of, plus):
            length = f"({of} + {plus})" if of and plus else of or count or "as many as follow"
            return f"{length} x {inner(each, own)}"
        case Counted(_, each):
            return f"n x {inner(each, own)}"
        case Block(_, each):
            return f"n bytes: {described(each, own)}"
    return _plainly(form)


def inner(form: Form, own: Own) -> str:
    """Say what `form` reads, in brackets where it is more than one value."""
    return f"({described(form, own)})" if isinstance(form, Record | Many | Counted) else described(form, own)


def _field(form: Form, own: Own) -> str:
    return inner(form, own) if isinstance(form, Record) else described(form, own)


def _plainly(form: Form) -> str:
    match form:
        case Binary(width):
            return f"{width} B"
        case Number():
            return _template(form)
        case Digits(width):
            return f"{2 * width} digits"
        case Text(width):
            return f"text {width}"
        case Hex(width):
            return f"hex {width}" if width else "hex"
        case Bits(groups):
            return " / ".join(f"{name} {bits} bit" for name, bits in groups)
    return type(form).__name__.lower()


def _template(form: Number) -> str:
    whole = "X" * (2 * form.width - form.decimals)
    return ("±" if form.signed else "") + whole + ("." + "X" * form.decimals if form.decimals else "")
