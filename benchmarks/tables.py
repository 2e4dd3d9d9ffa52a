"""Records as Markdown tables: where the time went, how it grows with the size, and what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from placewright.benchmarks.record import Record

LEAST_SECONDS = 0.02
"""Below this a phase says nothing about growth."""
Row = list[str]


def tables(records: Sequence[Record]) -> Iterator[str]:
    """The lines of a table for each case, with a last row for each variant that has several sizes."""
    ordered = sorted(records, key=lambda record: record.key)
    for case, members in groupby(ordered, key=lambda record: record.case):
        yield from ("", f"**{case}**", "")
        yield from case_table(list(members))


def case_table(records: Sequence[Record]) -> Iterator[str]:
    """The lines of one table. Columns that no record fills are left out."""
    phases = list(dict.fromkeys(name for record in records for name in record.phases))
    extra = list(dict.fromkeys(name for record in records for name in record.extra))
    titles = [*TITLES, *phases, *extra]
    rows = [_row(record, phases, extra) for record in records]
    for _, members in groupby(records, key=lambda record: record.variant):
        found = growth(list(members))
        if found:
            rows.append(_growth_row(found, phases, len(extra)))
    shown = [i for i in range(len(titles)) if any(row[i] for row in rows)]
    yield "| " + " | ".join(titles[i] for i in shown) + " |"
    yield "|" + "---|" * len(shown)
    for row in rows:
        yield "| " + " | ".join(row[i] for i in shown) + " |"


TITLES = (
    "variant",
    "size",
    "placed",
    "placed levels",
    "last level",
    "status",
    "limit",
    "seconds",
    "implied",
    "processor",
    "peak MiB",
)
SIZE, SECONDS, PROCESSOR, PEAK = map(TITLES.index, ("size", "seconds", "processor", "peak MiB"))


def _row(record: Record, phases: Sequence[str], extra: Sequence[str]) -> Row:
    return [
        record.variant,
        f"{record.size:,}",
        f"{record.placed:,}/{record.pending:,}" if record.pending else "",
        _gap(record.placed_gap),
        _gap(record.last_gap),
        record.status,
        f"{record.limit:g}" if record.limit else "",
        f"{record.seconds:.1f}",
        "" if record.implied is None else f"{record.implied:.0f} ({record.implied / record.seconds:.1f}×)",
        f"{record.work:.1f}" if record.work else "",
        f"{record.peak_mib:,.0f}" if record.peak_mib else "",
        *(f"{record.phases[name]:.2f}" if name in record.phases else "" for name in phases),
        *(_shown(record.extra.get(name, "")) for name in extra),
    ]


def _shown(value: str | float) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _gap(gap: float | None) -> str:
    if gap is None:
        return ""
    return f"{100 * gap:.3g} %" if gap else "proven"


def growth(records: Sequence[Record]) -> dict[str, float]:
    """Exponents of the growth with the size, by column: the slope of a straight line through the logarithms.

    Of seconds, processor time, memory and every phase that takes long enough at each of at least two sizes.
    """
    if len({record.size for record in records}) < 2:
        return {}
    columns = {
        "seconds": [r.seconds for r in records],
        "processor": [r.work for r in records],
        "peak MiB": [r.peak_mib for r in records],
    }
    names = set.intersection(*(set(record.phases) for record in records))
    columns |= {name: [record.phases[name] for record in records] for name in names}
    sizes = np.log([record.size for record in records])
    return {
        name: float(np.polyfit(sizes, np.log(values), 1)[0])
        for name, values in columns.items()
        if min(values) >= LEAST_SECONDS
    }


def _growth_row(found: dict[str, float], phases: Sequence[str], blanks: int) -> Row:
    def power(name: str) -> str:
        return f"n^{found[name]:.2f}" if name in found else ""

    row = [""] * len(TITLES)
    row[SIZE], row[SECONDS] = "growth", power("seconds")
    row[PROCESSOR], row[PEAK] = power("processor"), power("peak MiB")
    return [*row, *(power(name) for name in phases), *[""] * blanks]


def comparison(old: Iterable[Record], new: Iterable[Record]) -> Iterator[str]:
    """What became of each run that both have: seconds, memory, agents placed, and each level's value."""
    before = {record.key: record for record in old}
    yield "| case | size | seconds | peak MiB | placed | levels |"
    yield "|---|---|---|---|---|---|"
    for record in sorted(new, key=lambda record: record.key):
        then = before.get(record.key)
        if then is not None:
            name = f"{record.case} {record.variant}".strip()
            yield (
                f"| {name} | {record.size:,} | {_change(then.seconds, record.seconds, '.1f')} "
                f"| {_change(then.peak_mib, record.peak_mib, ',.0f')} | {then.placed:,} → {record.placed:,} "
                f"| {_levels(then, record)} |"
            )


def _change(old: float, new: float, shape: str) -> str:
    ratio = f" ({new / old:.2f}×)" if old else ""
    return f"{old:{shape}} → {new:{shape}}{ratio}"


def _levels(old: Record, new: Record) -> str:
    """The first level that got better or worse, as the levels are in order of importance."""
    values = {level.name: level for level in old.levels}
    for level in new.levels:
        then = values.get(level.name)
        if then is not None and then.value != level.value:
            better = (level.value > then.value) == (level.sense == "maximize")
            word = "better" if better else "worse"
            return f"{word}: {level.name} {then.value:,} → {level.value:,}"
    return "the same"
