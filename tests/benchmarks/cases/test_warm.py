from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.cases.kubernetes_max import objects
from placewright.benchmarks.cases.warm import CHANGED, changed, judged, measure
from placewright.benchmarks.record import LevelRecord, Record


def test_two_percent_of_the_pods_are_others_and_the_rest_is_as_it_was() -> None:
    before = {_key(item): item for item in objects(200)}
    after = {_key(item): item for item in changed(objects(200))}
    pods = sum(kind == "Pod" for kind, _ in before)
    new = Counter(kind for kind, _ in after.keys() - before.keys())
    gone = Counter(kind for kind, _ in before.keys() - after.keys())
    assert new == {"Pod": gone["Pod"]}
    assert abs(gone["Pod"] / pods - CHANGED) < 0.005
    assert 0 < gone["Node"] <= 4
    assert all(after[key] == item for key, item in before.items() if key in after)


def _key(item: dict[str, dict[str, str]]) -> tuple[str, str]:
    return str(item["kind"]), item["metadata"]["name"]


def test_a_warm_round_is_judged_by_the_first_level_that_differs() -> None:
    placed = LevelRecord("placed/priority=0", "maximize", 90, 100, 0.1)
    scores = LevelRecord("scores", "minimize", 500, 400, 0.2)
    cold = Record("warm", 1, seconds=10.0, phases={"read": 1.0, "solve": 8.0}, levels=(placed, scores))
    warm = replace(cold, seconds=2.0, phases={"read": 1.0, "solve": 0.5})
    assert judged(cold, warm) == {"faster": 5.0, "faster, construct and solve": 16.0, "as good": "yes"}
    fewer = replace(warm, levels=(replace(placed, value=89), replace(scores, value=1)))
    assert judged(cold, fewer)["as good"] == "no"
    cheaper = replace(warm, levels=(placed, replace(scores, value=499)))
    assert judged(cold, cheaper)["as good"] == "yes"


@pytest.mark.parametrize(
    ("cold_seconds", "variants"), [(61.0, ["cold", "warm"]), (20.0, ["cold", "warm", "close"])]
)
def test_a_round_from_nothing_that_ends_early_is_asked_for_as_much_as_the_warm_one_came_to(
    cold_seconds: float, variants: list[str]
) -> None:
    asked: list[tuple[Sequence[str], float]] = []

    class Told(Bench):
        def place(  # type: ignore[override]
            self, case: str, size: int, _: object, options: Sequence[str], *, limit: float, **more: object
        ) -> Record:
            asked.append((options, limit))
            seconds = [1.0, cold_seconds, 10.0, 90.0][len(asked) - 1]
            scores = LevelRecord("scores", "minimize", 500, 400, 0.0053)
            return Record(
                case, size, seconds=seconds, limit=limit, phases={"solve": seconds}, levels=(scores,)
            )

        def file(self, *_: object) -> Path:
            return Path("cluster.json")

    records = list(measure(Told(Path("data"), Path("cache")), 50))
    assert len(records) == len(variants)
    assert records[1].extra["faster"] == cold_seconds / 10.0
    if len(records) == 3:
        assert asked[-1] == (("--expand-workloads", "--gap", "0.5300%"), 100.0)
        assert records[2].extra["the warm round: faster"] == 9.0
