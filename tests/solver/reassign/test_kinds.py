"""Who may be moved by arrays that know workloads alone: whoever rules would need more for stays."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent, HostPort, OwnerReference
from placewright.models.audit import broken, placed
from placewright.models.demands import Demands
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.snapshot import Snapshot
from placewright.solver.compilation import IntArray
from placewright.solver.reassign.kinds import Kinds
from placewright.tests.builders import HOSTNAME, ZONE, near, node, snapshot, spread
from placewright.tests.moving import runs
from placewright.tests.solver.moves.boards import board_of

RACK = "rack"
NODES = [
    node("n1", zone="a", labels={RACK: "x"}),
    node("n2", zone="a", labels={RACK: "y"}),
    node("n3", zone="b", labels={RACK: "y"}),
]
APART: dict[str, Any] = {"anti_affinity": (near(HOSTNAME, app="web"),)}


def kinds_of(everyone: list[Agent], nodes: list[Node] = NODES, **fields: Any) -> tuple[Kinds, list[str]]:
    """The kinds of those who may move, and their names in the order of the arrays."""
    board, _ = board_of(snapshot(nodes, everyone, **fields))
    compilation = board.compilation
    agents = [agent for g in compilation.pending for agent in compilation.groups[g].members]
    return Kinds(compilation, board, agents), [agent.name for agent in agents]


def staying(everyone: list[Agent], nodes: list[Node] = NODES, **fields: Any) -> set[str]:
    kinds, names = kinds_of(everyone, nodes, **fields)
    return {name for name, fixed in zip(names, kinds.fixed, strict=True) if fixed}


def of_app(app: str, *where: str, **fields: Any) -> list[Agent]:
    return [runs(f"{app}-{i}", on, app=app, **fields) for i, on in enumerate(where)]


def owned(one: Agent, name: str) -> Agent:
    """The same agent of another controller."""
    return replace(one, owner=OwnerReference("ReplicaSet", name))


def pinned(one: Agent) -> Agent:
    """The same agent, which nobody may move."""
    return replace(one, owner=replace(one.owner, kind="DaemonSet") if one.owner else None)


def test_the_agents_of_a_controller_are_of_one_kind() -> None:
    kinds, names = kinds_of([*of_app("web", "n1", "n2"), *of_app("db", "n1")])
    kind = dict(zip(names, kinds.of.tolist(), strict=True))
    assert kind["web-0"] == kind["web-1"] != kind["db-0"]
    assert not kinds.fixed.any()
    assert not kinds.alone.any()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"host_ports": (HostPort(80),)}, id="host ports"),
        pytest.param({"affinity": (near(app="db"),)}, id="required affinity"),
        pytest.param({"spread": (spread(app="web"),)}, id="hard spread"),
        pytest.param({"pod_group": "gang"}, id="a gang"),
        pytest.param({"anti_affinity": (near(ZONE, app="web"),)}, id="apart over more than a node"),
        pytest.param({"anti_affinity": (near(HOSTNAME, app="none"),)}, id="apart from nobody that is there"),
    ],
)
def test_who_asks_for_more_than_arrays_know_stays_and_others_move(fields: dict[str, Any]) -> None:
    everyone = [*of_app("web", "n1", **fields), *of_app("other", "n2")]
    assert staying(everyone) == {"web-0"}


def test_everybody_stays_where_limits_are_capped() -> None:
    capped = Profile(limit_caps={"cpu": 1000})
    assert staying([*of_app("web", "n1"), *of_app("db", "n2")], profile=capped) == {"web-0", "db-0"}


def test_who_keeps_apart_from_its_own_is_alone_on_its_node() -> None:
    kinds, names = kinds_of([*of_app("web", "n1", "n2", **APART), *of_app("db", "n1")])
    alone = {name: bool(kinds.alone[k]) for name, k in zip(names, kinds.of.tolist(), strict=True)}
    assert alone == {"web-0": True, "web-1": True, "db-0": False}
    assert not kinds.fixed.any()


def test_nodes_without_the_label_are_no_domains_to_be_alone_in() -> None:
    bare = replace(node("n4"), labels={})
    assert staying([*of_app("web", "n1", "n2", **APART)], [*NODES, bare]) == {"web-0", "web-1"}


@pytest.mark.parametrize(
    ("others", "stay"),
    [
        pytest.param([owned(runs("db-0", "n2"), "db")], {"web-0", "db-0"}, id="of another workload"),
        pytest.param([pinned(runs("old", "n3"))], {"web-0"}, id="one who never moves"),
    ],
)
def test_who_keeps_apart_from_others_stays_with_them(others: list[Agent], stay: set[str]) -> None:
    assert staying([*of_app("web", "n1", **APART), *others]) == stay


def test_whom_one_who_never_moves_keeps_away_stays() -> None:
    guard = pinned(runs("guard", "n3", app="guard", **APART))
    assert staying([*of_app("web", "n1"), *of_app("db", "n2"), guard]) == {"web-0"}


def test_workloads_that_no_rule_tells_apart_stay_together() -> None:
    """Only the first of them stayed: the others came to nodes where those they keep apart from were."""
    twins = [owned(runs(name, on, **APART), name) for name, on in (("one", "n1"), ("two", "n2"))]
    assert staying([*twins, *of_app("db", "n3")]) == {"one", "two"}


def test_domains_are_kept_as_far_as_they_are_there() -> None:
    three = {"min_domains": ((RACK, 3),)}
    kinds, names = kinds_of([*of_app("web", "n1", "n2", "n3", **three), *of_app("db", "n2", "n3", **three)])
    least = {name: int(kinds.least[k]) for name, k in zip(names, kinds.of.tolist(), strict=True)}
    assert (least["web-0"], least["db-0"]) == (2, 1)
    assert kinds.places.tolist() == [0, 1, 1]
    assert not kinds.fixed.any()


def test_who_asks_for_other_domains_than_most_stays() -> None:
    most = [*of_app("web", "n1", min_domains=((ZONE, 1),)), *of_app("db", "n1", min_domains=((ZONE, 1),))]
    odd = of_app("odd", "n1", min_domains=((RACK, 1),))
    assert staying([*most, *odd]) == {"odd-0"}


def test_who_is_near_a_workload_needs_it_and_both_move() -> None:
    kinds, names = kinds_of([*of_app("web", "n1", near=(near(ZONE, app="db"),)), *of_app("db", "n2")])
    kind = dict(zip(names, kinds.of.tolist(), strict=True))
    assert kinds.needs == ((kind["web-0"], kind["db-0"]),)
    assert kinds.near.tolist() == [0, 0, 1]
    assert not kinds.fixed.any()


@pytest.mark.parametrize(
    ("others", "stay"),
    [
        pytest.param([pinned(runs("old", "n1", app="db"))], {"web-0"}, id="somebody who never moves"),
        pytest.param(
            [*of_app("db", "n1"), pinned(runs("old", "n1", app="db"))],
            {"web-0", "db-0"},
            id="such a one as well as others",
        ),
        pytest.param([], {"web-0"}, id="nobody"),
    ],
)
def test_who_is_near_what_arrays_do_not_know_stays_with_it(others: list[Agent], stay: set[str]) -> None:
    assert staying([*of_app("web", "n1", near=(near(ZONE, app="db"),)), *others]) == stay


def test_who_asks_for_less_than_others_of_its_workload_keeps_away_whom_it_means_all_the_same() -> None:
    """The terms of the first alone were read: others came to where the second would not have them."""
    unlike = [*of_app("web", "n1"), runs("web-1", "n2", anti_affinity=(near(HOSTNAME, app="db"),))]
    assert staying([*unlike, *of_app("db", "n1"), *of_app("other", "n1")]) == {"web-0", "web-1", "db-0"}


def test_whom_one_who_never_moves_is_near_stays() -> None:
    """It moved, and left the other alone: the whole answer was given up for that."""
    leaning = pinned(runs("old", "n1", app="old", near=(near(ZONE, app="db"),)))
    assert staying([leaning, *of_app("db", "n1"), *of_app("web", "n1")]) == {"db-0"}


def random_cluster(rng: Random) -> Snapshot:
    """Up to six agents of three workloads and two labels, some of which keep apart, or together."""
    everyone = []
    for i in range(rng.randint(2, 6)):
        one = runs(f"p{i}", rng.choice(NODES).name, app=rng.choice("xxy"), **_asked(rng))
        one = owned(one, rng.choice("abc"))
        everyone.append(pinned(one) if rng.random() < 0.15 else one)
    return snapshot(NODES, everyone)


def _asked(rng: Random) -> dict[str, Any]:
    fields: dict[str, Any] = {"cpu": rng.choice((100, 200))}
    if rng.random() < 0.4:
        keys = (HOSTNAME, HOSTNAME, ZONE)
        fields["anti_affinity"] = tuple(near(rng.choice(keys), app=rng.choice("xy")) for _ in range(2))
    if rng.random() < 0.2:
        fields["near"] = (near(rng.choice((ZONE, ZONE, RACK)), app=rng.choice("xy")),)
    if rng.random() < 0.2:
        fields["min_domains"] = ((rng.choice((ZONE, ZONE, RACK)), 2),)
    if rng.random() < 0.1:
        fields["spread"] = (spread(app="x"),)
    return fields


def keeps(kinds: Kinds, where: IntArray) -> bool:
    """Whether an assignment is one that the arrays would allow."""

    def domains(of: IntArray, k: int) -> set[int]:
        return set(of[where[kinds.of == k]].tolist())

    return (
        not any(
            kinds.alone[k] and np.bincount(where[kinds.of == k], minlength=1).max() > 1
            for k in range(len(kinds.alone))
        )
        and all(len(domains(kinds.places, k)) >= least for k, least in enumerate(kinds.least.tolist()))
        and all(domains(kinds.near, a) <= domains(kinds.near, b) for a, b in kinds.needs)
    )


def test_what_arrays_allow_breaks_no_rule_and_leaves_nobody_with_less_than_it_asked_for() -> None:
    moved = 0
    for seed in range(600):
        rng = Random(seed)
        board, _ = board_of(random_cluster(rng))
        compilation, asked = board.compilation, board.question.asked
        agents = [agent for g in compilation.pending for agent in compilation.groups[g].members]
        if not agents:
            continue
        kinds = Kinds(compilation, board, agents)
        home = np.array([board.home[agent.key] for agent in agents])
        where = np.where(kinds.fixed, home, [rng.randrange(len(NODES)) for _ in agents])
        if not keeps(kinds, home) or not keeps(kinds, where):
            continue
        moved += int((where != home).sum())
        before, after = (
            {agent.key: NODES[n].name for agent, n in zip(agents, at.tolist(), strict=True)}
            for at in (home, where)
        )
        assert broken(asked, after) <= broken(asked, before), seed
        worse = Demands.of(placed(asked, after)).beyond(Demands.of(placed(asked, before)))
        assert not list(worse), seed
    assert moved > 50
