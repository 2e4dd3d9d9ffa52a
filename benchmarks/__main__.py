"""Runs benchmarks, writes what they gave as JSON, and prints tables.

python -m placewright.benchmarks                        the small sizes of everything
python -m placewright.benchmarks --full 'scheduler-*'   all sizes of some
python -m placewright.benchmarks steady --size 5000 --compare .bench/results/20260101-120000.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.record import Record, read_results, write_results
from placewright.benchmarks.registry import Case, all_cases, chosen
from placewright.benchmarks.tables import case_table, comparison, tables

ROOT = Path(__file__).parent.parent
KEPT = ROOT / ".bench"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every run gave a result, 1 if one failed, 2 for bad usage."""
    given = _parser().parse_args(arguments)
    if given.list:
        for case in all_cases():
            print(
                f"{case.name:28} {case.about}; {case.unit}: {_sizes(case.sizes)}; full: {_sizes(case.full)}"
            )
        return 0
    try:
        cases = chosen(given.cases)
        old = read_results(given.compare) if given.compare else ()
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    path = given.results / f"{datetime.now():%Y%m%d-%H%M%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    bench = Bench(given.cache, given.data, given.time_limit, tuple(given.option))
    records, failed = _run(cases, bench, given.size or (), path, full=given.full)
    print("\n".join(tables(records)))
    if given.compare:
        print("\n".join(("", f"**Compared with {given.compare}**", "", *comparison(old, records))))
    print(f"\nwritten to {path}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m placewright.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help="names or shell patterns; all of them if none"
    )
    parser.add_argument("--full", action="store_true", help="the large sizes, too")
    parser.add_argument("--size", type=int, nargs="+", help="these sizes instead of the case's own")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="instead of each case's own")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        help="one more argument for `place`; may be repeated: --option=-v",
    )
    parser.add_argument(
        "--compare", type=Path, metavar="OLD.json", help="say what changed since these results"
    )
    parser.add_argument("--results", type=Path, default=KEPT / "results", metavar="DIRECTORY")
    parser.add_argument(
        "--cache", type=Path, default=KEPT / "cache", metavar="DIRECTORY", help="inputs that are made"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data",
        metavar="DIRECTORY",
        help="public data sets",
    )
    parser.add_argument("--list", action="store_true", help="what there is")
    return parser


def _sizes(sizes: Sequence[int]) -> str:
    return " ".join(f"{size:,}" for size in sizes) or "none"


def _run(
    cases: Sequence[Case], bench: Bench, sizes: Sequence[int], path: Path, *, full: bool
) -> tuple[list[Record], bool]:
    """Every case at every size, written after each: what was measured stays if the rest is broken off."""
    records: list[Record] = []
    failed = False
    for case in cases:
        for size in sizes or (*case.sizes, *(case.full if full else ())):
            try:
                for record in case.measure(bench, size):
                    records.append(record)
                    write_results(path, records)
                    print("\n".join((f"\n{case.name}", *case_table([record]))), flush=True)
            except (RuntimeError, OSError) as error:
                failed = True
                print(f"\n{case.name} {size:,}: failed: {error}", file=sys.stderr, flush=True)
    return records, failed


if __name__ == "__main__":
    sys.exit(main())
