from __future__ import annotations

from collections import Counter
from dataclasses import replace

from placewright.benchmarks.cases.kubernetes_max import objects
from placewright.benchmarks.cases.warm import CHANGED, changed, judged
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
