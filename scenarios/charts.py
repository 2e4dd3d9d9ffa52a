"""The curve of a sweep as a picture: agents that are left out, and how full the cluster is.

matplotlib draws it, an optional extra: most people who plan capacity read tables.
"""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeVar

from placewright.models.errors import UsageError
from placewright.models.quantity import format_price
from placewright.models.whatif import WhatIf, WhatIfCase
from placewright.scenarios.parameters import Value

OPTION = "--chart"
_INCHES = (7.5, 7.0)
_STYLE: Any = {
    "svg.hashsalt": "placewright",
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


class Picture(StrEnum):
    """What a chart is written as, by the ending of its file."""

    PNG = ".png"
    SVG = ".svg"
    HTML = ".html"


def picture(path: str) -> Picture:
    """The kind that a file's name asks for. Raises UsageError, also where nothing can draw."""
    ending = Path(path).suffix.lower()
    if ending not in list(Picture):
        raise UsageError(f"expected a file ending in .png, .svg or .html, found {path!r}", field=OPTION)
    if find_spec("matplotlib") is None:
        raise UsageError("charts need matplotlib: pip install 'placewright[charts]'", field=OPTION)
    return Picture(ending)


class Swept(Protocol):
    """A case, or what came of it."""

    @property
    def scenario(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, Value]: ...


S = TypeVar("S", bound=Swept)


def curves(cases: Sequence[S]) -> dict[str, list[S]]:
    """The cases by curve, of scenarios that sweep a number. Raises UsageError where there is none."""
    found: dict[str, list[S]] = {}
    for case in cases:
        if case.parameters and _is_number(_position(case)):
            found.setdefault(_title(case), []).append(case)
    drawn = {title: own for title, own in found.items() if len(own) > 1}
    if not drawn:
        raise UsageError("no scenario sweeps a number through two values or more", field=OPTION)
    return drawn


def _position(case: Swept) -> Value:
    return next(iter(case.parameters.values()))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _title(case: Swept) -> str:
    """A curve goes along the first parameter; each combination of the others is a curve of its own."""
    _, *others = case.parameters.items()
    return " ".join([case.scenario, *(f"{name}={value}" for name, value in others)])


def chart(whatif: WhatIf, kind: Picture) -> bytes:
    """The picture; the same bytes for the same results."""
    drawn = curves(whatif.cases)
    if kind is Picture.HTML:
        return _page(whatif, _drawing(drawn, "svg").decode()).encode()
    return _drawing(drawn, kind.value.removeprefix("."))


def _drawing(drawn: dict[str, list[WhatIfCase]], fmt: str) -> bytes:
    from matplotlib import rc_context  # noqa: PLC0415 - an optional extra
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context(_STYLE):
        figure = Figure(figsize=_INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        upper, lower = figure.subplots(2, 1, sharex=True)
        for title, cases in drawn.items():
            values = [_position(case) for case in cases]
            prefix = f"{title}: " if len(drawn) > 1 else ""
            _left_out(upper, values, cases, prefix)
            _fullness(lower, values, cases, prefix)
        upper.set_title(", ".join(drawn) if len(drawn) <= 3 else "sweeps")
        upper.set_ylabel("agents not placed")
        lower.set_ylabel("requested, % of all nodes")
        lower.set_xlabel(", ".join(dict.fromkeys(next(iter(c[0].parameters)) for c in drawn.values())))
        for axes in (upper, lower):
            axes.set_ylim(bottom=0)
            axes.legend(frameon=False, fontsize="small")
        buffer = io.BytesIO()
        # Nothing of the moment or the machine: the same results are the same bytes.
        metadata = {"Date": None, "Creator": None} if fmt == "svg" else {"Software": None}
        figure.savefig(buffer, format=fmt, dpi=150, metadata=metadata)
    return buffer.getvalue()


def _left_out(axes: Any, values: Sequence[object], cases: Sequence[WhatIfCase], prefix: str) -> None:
    """A line for each priority that is left out somewhere, or for all together where nobody is."""
    priorities = sorted(
        {s.priority for case in cases for s in case.priorities if s.running < s.agents}, reverse=True
    )
    for priority in priorities:
        left = [
            sum(s.agents - s.running for s in case.priorities if s.priority == priority) for case in cases
        ]
        axes.plot(values, left, marker="o", label=f"{prefix}priority {priority}")
    if not priorities:
        axes.plot(values, [case.unplaced for case in cases], marker="o", label=f"{prefix}all")


def _fullness(axes: Any, values: Sequence[object], cases: Sequence[WhatIfCase], prefix: str) -> None:
    for name in dict.fromkeys(r.resource for case in cases for r in case.requested if r.whole and r.used):
        shares = [next((r.permille / 10 for r in c.requested if r.resource == name), 0.0) for c in cases]
        axes.plot(values, shares, marker="o", label=f"{prefix}{name}")


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>placewright: what if</title>
<style>
body {{ font-family: sans-serif; max-width: 60em; margin: 2em auto; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: 0.2em 0.8em; text-align: right; border-bottom: 1px solid #ddd; }}
th:first-child, td:first-child {{ text-align: left; }}
</style>
</head>
<body>
{drawing}
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def _page(whatif: WhatIf, drawing: str) -> str:
    """The drawing with its numbers below it, in one file that needs nothing else."""
    head = ("scenario", "agents", "running", "unplaced", "moves", "nodes", "cost/h", "status")
    rows = (
        (c.name, c.agents, c.running, c.unplaced, c.moves, c.nodes, format_price(c.price), c.status)
        for c in whatif.cases
    )
    return _PAGE.format(
        drawing=drawing[drawing.index("<svg") :],
        head="".join(f"<th>{name}</th>" for name in head),
        rows="\n".join(
            "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row) + "</tr>" for row in rows
        ),
    )
