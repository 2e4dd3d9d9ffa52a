"""The case of machine reassignment, on an instance of three processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.cases import machine_reassignment
from placewright.tests.benchmarks.test_machine_reassignment import MODEL, ORIGINAL

WAYS = (("0 1 4 5", "0 1 4 4"), ("1 0 3 4", "1 0 4 4"), ("4 3 0 2", "4 4 0 2"), ("5 4 2 0", "4 4 2 0"))
"""Ways of the definition's example, and such as follow locations and neighborhoods."""


def test_a_record_holds_the_official_cost_beside_the_winners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / machine_reassignment.FOLDER
    folder.mkdir()
    model = MODEL
    for given, even in WAYS:
        model = model.replace(given, even)
    (folder / "model_a1_1.txt").write_text(model, encoding="utf-8")
    (folder / "assignment_a1_1.txt").write_text(ORIGINAL, encoding="utf-8")
    (folder / "reference.csv").write_text(
        "instance,aggregate_lower_bound,S41_300s\na1_1,2000,2411\n", encoding="utf-8"
    )
    monkeypatch.setattr(machine_reassignment, "isolated", lambda function, *given: (function(*given), 1.0))
    (record,) = machine_reassignment.measure(Bench(tmp_path, tmp_path, time_limit=2.0), 11)
    assert record.variant == "a1_1"
    assert record.extra["cost"] == "2,411"
    assert record.extra["beside the winner"] == "+0.000 %"
