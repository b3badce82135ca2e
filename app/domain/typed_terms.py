"""What staff type to find somebody: several terms with commas between them, each with `%` for what is not known."""

from dataclasses import dataclass

MOST_TERMS = 200
_COMMAS = str.maketrans({"，": ",", "、": ",", ";": ",", "；": ",", "\n": ",", "\t": ",", "％": "%"})


@dataclass(frozen=True, slots=True)
class Terms:
    """`exact`: as they stand. `patterns`: of SQL's LIKE, with backslashes before what is meant as it stands."""

    exact: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.exact or self.patterns)


def read(typed: str, *, inside: bool = False, whole: bool = False) -> Terms:
    """Take a typed field apart. `inside`: a term without `%` is looked for anywhere in the text, as names are. `whole`:
    each is all of the text, and `%` a character as any other.

    Raises ValueError for more than `MOST_TERMS` terms.
    """
    parts = tuple(dict.fromkeys(part.strip() for part in typed.translate(_COMMAS).split(",") if part.strip()))
    if len(parts) > MOST_TERMS:
        raise ValueError("too_many_terms")
    if whole:
        return Terms(parts)
    patterns = tuple(_pattern(part, inside=inside) for part in parts if "%" in part or inside)
    return Terms(() if inside else tuple(part for part in parts if "%" not in part), patterns)


def _pattern(term: str, *, inside: bool) -> str:
    meant = term.replace("\\", "\\\\").replace("_", "\\_")
    return f"%{meant}%" if inside and "%" not in term else meant
