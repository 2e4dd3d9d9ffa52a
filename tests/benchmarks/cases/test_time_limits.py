from __future__ import annotations

from placewright.benchmarks.cases.time_limits import judged
from placewright.benchmarks.record import Record


def test_a_limit_is_for_what_lies_between_reading_and_writing() -> None:
    phases = {"read": 9.0, "solve": 5.0, "verify": 1.4, "start and emit": 9.0}
    assert judged(Record("case", 1, limit=5.0, phases=phases)) == {"took": 6.4, "kept": "yes"}
    assert judged(Record("case", 1, limit=5.0, phases={**phases, "verify": 1.6}))["kept"] == "no"
