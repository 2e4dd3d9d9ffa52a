"""Spread and company while a wave goes on: the fullest moment against the emptiest, whoever comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import InclusionPolicy
from placewright.models.movable import Discipline
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.cluster import Cluster, Move
from placewright.solver.moves.leaning import Passing, has_company, is_spread, sensitive
from placewright.tests.builders import near, node, snapshot, spread, taint
from placewright.tests.moving import EVICTS, runs

EVEN = (spread(app="web"),)
SURGE = Discipline.SURGE


def under_way(
    cluster: Snapshot, moves: Mapping[str, str], how: Discipline = EVICTS
) -> tuple[Cluster, list[Passing]]:
    """A wave of moves (agent name -> node name), all of them counted as they are while it goes on."""
    between, wave = Cluster(cluster), []
    for name, to in moves.items():
        old = cluster.agent_by_key[f"default/{name}"]
        move = Move(old.key, old.node_name, to, how, "goal")
        new = between.replacement(old.key, how)
        between.most.place(new, between.node(to))
        between.least.remove(old, between.node(old.node_name))
        wave.append(Passing(move, old, new))
    return between, wave


def spreads(cluster: Snapshot, how: Discipline = EVICTS, **moves: str) -> bool:
    """Whether the first of these moves is even enough in every order."""
    between, wave = under_way(cluster, moves, how)
    return is_spread(between, wave[0])


def accompanied(cluster: Snapshot, how: Discipline = EVICTS, **moves: str) -> bool:
    """Whether the first of these moves finds company in every order."""
    between, wave = under_way(cluster, moves, how)
    return has_company(between, wave[0])


def web(on: str, **fields: Any) -> Snapshot:
    """Agents x0, x1, … spread by zone, one for each letter: the zone where it runs."""
    fields = {"spread": EVEN, **fields}
    nodes = [node(f"{zone}{i}", zone=zone) for zone in "abc" for i in range(2)]
    return snapshot(nodes, [runs(f"x{i}", f"{zone}0", **fields) for i, zone in enumerate(on)])


def test_who_stays_in_its_domain_changes_nothing_there() -> None:
    assert spreads(web("abc"), x0="a1")


def test_a_replacement_beside_the_old_one_counts_with_it() -> None:
    assert not spreads(web("aabbc"), SURGE, x0="a1")
    assert spreads(web("aabbcc"), SURGE, x0="a1")


def test_who_leaves_another_domain_makes_it_the_emptiest_before_it_comes() -> None:
    # Three, two, one: c gets its second from a, and while it is away b and c are as they were.
    assert spreads(web("aaabbc"), x0="c1")
    # One each: from a to b is two there and none in a.
    assert not spreads(web("abc"), x0="b1")


def test_others_of_the_wave_have_all_come_where_it_goes_and_all_left_elsewhere() -> None:
    assert spreads(web("aaabbcc"), x0="b1")
    assert not spreads(web("aaabbcc"), x0="b1", x5="a1")
    assert spreads(web("aabbc"), x0="c1")
    assert not spreads(web("aabbc"), x0="c1", x2="c1")


def test_a_larger_skew_lets_more_come() -> None:
    two = (spread(skew=2, app="web"),)
    assert spreads(web("abc", spread=two), x0="b1")
    assert not spreads(web("aabc", spread=two), x0="b1", x1="b1", x2="a1")


def test_with_fewer_domains_than_asked_for_the_emptiest_holds_none() -> None:
    few = (replace(spread(app="web"), min_domains=4),)
    assert spreads(web("abc", spread=few), x0="a1")
    assert not spreads(web("aabbcc", spread=few), x0="a1")
    enough = (replace(spread(app="web"), min_domains=3),)
    assert spreads(web("aabbcc", spread=enough), x0="a1")


def test_nodes_that_do_not_count_are_no_domain_and_who_comes_there_counts_itself_alone() -> None:
    honored = (replace(spread(app="web"), node_taints_policy=InclusionPolicy.HONOR),)
    cluster = web("aab", spread=honored)
    out = [replace(n, taints=(taint("gone"),)) if n.name in ("c0", "c1") else n for n in cluster.nodes]
    assert not spreads(cluster, x0="a1")
    assert spreads(replace(cluster, nodes=tuple(out)), x0="a1")
    assert spreads(replace(cluster, nodes=tuple(out)), x0="c1")


def test_who_is_no_part_of_what_is_counted_comes_where_others_are_few() -> None:
    # Spread over the caches, which are in a alone.
    over = (spread(app="cache"),)
    nodes = [node(name, zone=name[0]) for name in ("a0", "a1", "b0")]
    cluster = snapshot(
        nodes, [runs("x", "b0", spread=over), *(runs(f"cache{i}", "a0", app="cache") for i in range(2))]
    )
    assert not spreads(cluster, x="a1")
    assert spreads(cluster, x="b0")
    # One that goes elsewhere may not have left yet.
    assert not spreads(cluster, x="a1", cache0="b0")


def test_a_selector_that_selects_nobody_asks_for_nothing() -> None:
    nobody = (replace(spread(), selector=None),)
    assert spreads(web("abc", spread=nobody), x0="b1", x2="b1")


def test_every_constraint_has_to_hold() -> None:
    loose, tight = spread(skew=5, app="web"), spread(app="web")
    assert spreads(web("abc", spread=(loose,)), x0="b1")
    assert not spreads(web("abc", spread=(loose, tight)), x0="b1")


def near_db(*others: str, zones: str = "ab") -> Snapshot:
    """x wants db in its zone; one db for each of `others`: the node where it runs."""
    nodes = [node(f"{zone}{i}", zone=zone) for zone in zones for i in range(2)]
    agents = [runs(f"db{i}", name, app="db") for i, name in enumerate(others)]
    return snapshot([*nodes, node("outside")], [runs("x", "a0", affinity=(near(app="db"),)), *agents])


def test_without_terms_there_is_nothing_to_find() -> None:
    assert accompanied(web("a"), x0="b0")


def test_company_that_stays_is_found() -> None:
    assert accompanied(near_db("a0", "b0"), x="b1")
    assert not accompanied(near_db("a0"), x="b1")


def test_company_that_leaves_or_comes_in_the_same_wave_is_not_counted_on() -> None:
    assert not accompanied(near_db("a0", "b0"), x="b1", db1="a1")
    assert not accompanied(near_db("a0"), x="b1", db0="b0")
    assert accompanied(near_db("a0", "b0", "b1"), x="b1", db1="a1")


def test_all_terms_find_their_company() -> None:
    both = (near(app="db"), near("rack", app="db"))
    nodes = [
        node("a0", zone="a", labels={"rack": "r"}),
        node("b0", zone="b", labels={"rack": "s"}),
        node("b1", zone="b", labels={"rack": "t"}),
    ]
    cluster = snapshot(
        nodes, [runs("x", "a0", affinity=both), runs("db", "b0", app="db"), runs("old", "a0", app="db")]
    )
    assert accompanied(cluster, x="b0")
    assert not accompanied(cluster, x="b1")


def own(*on: str) -> Snapshot:
    """Agents x0, x1, … that want each other in their zone."""
    nodes = [node(f"{zone}{i}", zone=zone) for zone in "ab" for i in range(2)]
    agents = [runs(f"x{i}", name, affinity=(near(app="web"),)) for i, name in enumerate(on)]
    return snapshot([*nodes, node("outside")], agents)


def test_one_that_is_alone_is_the_first_of_its_series_wherever_it_goes() -> None:
    assert accompanied(own("a0"), x0="b0")
    assert accompanied(own("outside"), x0="b0")


def test_with_another_one_anywhere_it_is_not_the_first() -> None:
    assert not accompanied(own("a0", "a0"), x0="b0")
    assert not accompanied(own("a0", "a0"), x0="b0", x1="b1")
    assert accompanied(own("a0", "outside"), x0="b0")


def test_one_that_comes_beside_the_old_one_has_it_for_company_only_where_that_is() -> None:
    # The old one stays until the replacement is ready: it is company in its zone, and in the way elsewhere.
    assert not accompanied(own("a0"), SURGE, x0="b0")


def test_one_whom_its_own_terms_do_not_mean_is_never_the_first() -> None:
    assert not accompanied(near_db(), x="b0")


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({}, 0),
        ({"affinity": (near(app="db"),)}, 1),
        ({"spread": EVEN}, 1),
        ({"spread": (replace(EVEN[0], hard=False),)}, 0),
        ({"spread": (replace(EVEN[0], selector=None),)}, 0),
        ({"spread": EVEN, "affinity": (near(app="db"), near("rack", app="db"))}, 2),
    ],
)
def test_who_matters_to_an_agent_is_its_company_and_those_it_is_spread_by(
    fields: dict[str, Any], number: int
) -> None:
    cluster = snapshot([node("a", zone="a")], [runs("x", "a", **fields)])
    assert len(list(sensitive(cluster, cluster.agents[0]))) == number
