from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from placewright.benchmarks.record import LevelRecord, Record, read_results, write_results
from placewright.benchmarks.tables import comparison, growth, tables

PLACED = LevelRecord("placed/priority=0", "maximize", 90, 100, 0.1)
SCORES = LevelRecord("scores", "minimize", 500, 500, 0.0)
RECORD = Record(
    "case",
    100,
    pending=100,
    placed=90,
    seconds=2.0,
    work=1.5,
    peak_mib=64.0,
    phases={"read": 0.5, "verify": 0.001},
    levels=(PLACED, SCORES),
)


def larger(size: int, factor: float) -> Record:
    phases = {name: seconds * factor for name, seconds in RECORD.phases.items()}
    return replace(RECORD, size=size, seconds=RECORD.seconds * factor, phases=phases)


def test_growth_is_the_slope_of_the_logarithms_and_short_phases_have_none() -> None:
    found = growth([RECORD, larger(1_000, 10.0), larger(10_000, 100.0)])
    assert found["seconds"] == pytest.approx(1.0)
    assert found["read"] == pytest.approx(1.0)
    assert found["peak MiB"] == pytest.approx(0.0)
    assert "verify" not in found
    assert growth([RECORD]) == {}


def test_a_table_has_the_columns_that_are_filled() -> None:
    lines = list(tables([RECORD, larger(1_000, 10.0)]))
    assert (
        lines[3]
        == "| size | placed | placed levels | last level | seconds | processor | peak MiB | read | verify |"
    )
    assert lines[5] == "| 100 | 90/100 | 10 % | proven | 2.0 | 1.5 | 64 | 0.50 | 0.00 |"
    assert lines[7] == "| growth |  |  |  | n^1.00 | n^0.00 | n^0.00 | n^1.00 |  |"


def test_what_is_implied_is_shown_with_how_often_it_would_fit() -> None:
    line = list(tables([replace(RECORD, implied=30.0)]))[5]
    assert "| 30 (15.0×) |" in line


def test_a_comparison_names_the_first_level_that_changed() -> None:
    worse = replace(RECORD, seconds=1.0, levels=(PLACED, replace(SCORES, value=501)))
    better = replace(RECORD, placed=91, levels=(replace(PLACED, value=91), replace(SCORES, value=501)))
    (row,) = list(comparison([RECORD], [worse]))[2:]
    assert row.endswith("| 2.0 → 1.0 (0.50×) | 64 → 64 (1.00×) | 90 → 90 | worse: scores 500 → 501 |")
    (row,) = list(comparison([RECORD], [better]))[2:]
    assert row.endswith("| 90 → 91 | better: placed/priority=0 90 → 91 |")
    assert list(comparison([RECORD], [RECORD]))[2].endswith("| the same |")
    assert list(comparison([RECORD], [replace(RECORD, size=7)]))[2:] == []


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", [RECORD])
    assert read_results(tmp_path / "results.json") == (RECORD,)
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match="not a file of results"):
        read_results(tmp_path / "other.json")
