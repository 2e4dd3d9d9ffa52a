"""Nodes bought so that whatever is lost, everything important runs again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from placewright.models.agent import Phase
from placewright.models.errors import UsageError
from placewright.models.ingest.catalog import read_catalog
from placewright.models.node import Node
from placewright.models.plan import Status
from placewright.models.snapshot import Snapshot
from placewright.models.survival import Answer, Survival
from placewright.scenarios import buy_surviving as module
from placewright.scenarios.buy_surviving import Surviving, buy_surviving
from placewright.solver.capacity.question import Question, ask
from placewright.solver.clock import Deadline
from placewright.solver.settings import Settings
from placewright.tests.builders import agent, agents, node, snapshot

SURVIVES, FAILS = (
    Survival(topology_key="zone", at_once=1, answer=answer, verdict="")
    for answer in (Answer.SURVIVES, Answer.FAILS)
)
ONE = {"name": "one", "price": 1, "allocatable": {"cpu": 1}}
TWO = {"name": "two", "price": "1.5", "allocatable": {"cpu": 2}}


def bought(
    cluster: Snapshot, lose: str, *types: dict[str, Any], zones: str = "abc", **more: Any
) -> Surviving:
    catalog = read_catalog({"kind": "Catalog", "types": list(types), "zones": list(zones)}).catalog
    question = ask(cluster, catalog, from_scratch=True, daemons=())
    made = buy_surviving(question, Settings(time_limit=20.0, workers=1), lose, **more)
    assert isinstance(made, Surviving)
    return made


def test_with_three_zones_half_of_everything_is_in_each() -> None:
    made = bought(snapshot([], agents("a", 2, cpu=1000)), "zone", ONE)
    assert made.survival.survives
    assert {(line.zone, line.count) for line in made.answer.document.nodes} == {("a", 1), ("b", 1), ("c", 1)}
    assert made.answer.document.status is Status.OPTIMAL
    assert (made.answer.document.cost, made.answer.document.bound) == ("3", "3")


def test_the_loss_of_any_node_takes_one_more() -> None:
    made = bought(snapshot([], agents("a", 2, cpu=1000)), "node", TWO, zones="a")
    assert made.survival.survives
    assert sum(line.count for line in made.answer.document.nodes) == 2


def test_what_is_less_important_need_not_come_back() -> None:
    cluster = snapshot([], [agent("high", cpu=1000, priority=10), agent("low", cpu=1000)])
    made = bought(cluster, "zone", ONE, zones="ab", priority=10)
    assert made.survival.survives
    assert made.answer.document.cost == "3"


def test_where_nothing_else_can_be_bought_the_counter_example_says_which_loss_and_whom() -> None:
    made = bought(snapshot([], agents("a", 1, cpu=1000)), "zone", ONE, zones="a")
    assert not made.survival.survives
    [loss] = made.answer.document.losses
    assert (loss.domains, loss.stranded) == (("a",), 1)
    assert made.answer.document.survival.startswith("fails: without a 1 agent cannot run")


def test_limits_hold_over_everything_that_is_bought() -> None:
    made = bought(snapshot([], agents("a", 2, cpu=1000)), "zone", {**ONE, "max": 2}, {**TWO, "zones": ["c"]})
    counts = {line.type: line.count for line in made.answer.document.nodes}
    assert counts.get("one", 0) <= 2


def test_where_nobody_waits_a_loss_is_what_is_bought_for() -> None:
    running = agent("r", on="n0", cpu=1000, phase=Phase.RUNNING)
    catalog = read_catalog({"kind": "Catalog", "types": [ONE], "zones": ["a"]}).catalog
    question = ask(snapshot([node("n0", cpu=1000, zone="a")], [running]), catalog, daemons=())
    made = buy_surviving(question, Settings(time_limit=20.0, workers=1), "node")
    assert isinstance(made, Surviving)
    assert made.survival.survives
    assert [(line.type, line.count) for line in made.answer.document.nodes] == [("one", 1)]


def test_what_cannot_be_lost_is_a_fault_of_the_option_that_says_it() -> None:
    with pytest.raises(UsageError, match="--survive: no node has a label"):
        bought(snapshot([], [agent("a", cpu=1000)]), "shelf", ONE)


def trials(
    monkeypatch: pytest.MonkeyPatch, cluster: Snapshot, lose: str, *types: dict[str, Any]
) -> list[int]:
    """The cost of each set of nodes that was judged, in the order of the trials."""
    judged: list[int] = []
    real = module._judged

    def told(question: Question, nodes: Sequence[Node], *rest: Any) -> Any:
        judged.append(sum(one.price for one in nodes) // 1_000_000)
        return real(question, nodes, *rest)

    monkeypatch.setattr(module, "_judged", told)
    assert bought(cluster, lose, *types).survival.survives
    return judged


def test_once_a_purchase_costs_what_is_needed_at_least_nothing_cheaper_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = trials(monkeypatch, snapshot([], agents("a", 2, cpu=1000)), "zone", ONE)
    assert min(judged[judged.index(3) :]) == 3


def test_what_was_needed_beside_more_nodes_is_tried_once_more_at_the_end_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Six nodes for five that are needed, all of one make: two of them go, and then none.
    grown = module._Grown(tuple(node(f"n{i}") for i in range(6)), {"x": "n0"}, SURVIVES)
    asked: list[int] = []

    def judged(_: object, nodes: Sequence[Node], *__: object) -> module._Grown:
        asked.append(len(nodes))
        return module._Grown(tuple(nodes), {"x": "n0"}, FAILS if len(nodes) < 4 else SURVIVES)

    monkeypatch.setattr(module, "_judged", judged)
    question = ask(snapshot([], [agent("a")]), read_catalog({"kind": "Catalog", "types": [ONE]}).catalog)
    left = module._trimmed(question, grown, Settings(), "node", None, Deadline(20.0), 0)
    assert len(left.nodes) == 4
    assert asked == [5, 4, 3, 3]
