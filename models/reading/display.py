"""Names that come from outside, made fit for a one-line message."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 60


def printable(text: str) -> str:
    """`text` with everything that is not printable escaped: a file's name may hold any byte but NUL."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def shown(value: object) -> str:
    """A value as an error quotes it: a JSON scalar, or what kind of thing it is; never long."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f'"{printable(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")}"'
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the known name that is closest to `name`, or nothing."""
    lowered = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return f'; did you mean "{lowered[close[0]]}"?' if close else ""
