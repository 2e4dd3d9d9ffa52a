"""Nodes emptied: all that are not the cheapest to keep at once, where no single one could go."""

from __future__ import annotations

from dataclasses import replace

from placewright.models.snapshot import Snapshot
from placewright.tests.builders import node, snapshot, taint
from placewright.tests.moving import after, goes, plan_for, runs


def four_for_two() -> Snapshot:
    """Two large dear nodes three quarters full; two empty ones that are cheaper together, not one by one."""
    dear = [replace(node(name, cpu=8000), price=1_000_000) for name in ("dear0", "dear1")]
    cheap = [replace(node(name, cpu=6000), price=500_000) for name in ("cheap0", "cheap1")]
    agents = [runs(f"x{i}", f"dear{i % 2}", cpu=1500, app=f"app{i}") for i in range(8)]
    return snapshot([*dear, *cheap], agents)


def test_several_nodes_are_exchanged_for_cheaper_ones_together() -> None:
    plan = plan_for(four_for_two(), "consolidate")
    assert plan.after.price == 1_000_000
    assert set(goes(plan).values()) == {"cheap0", "cheap1"}


def test_a_consolidation_that_was_carried_out_proposes_nothing() -> None:
    cluster = four_for_two()
    assert plan_for(after(cluster, plan_for(cluster, "consolidate")), "consolidate").moves == 0


def test_no_more_moves_than_allowed_are_made() -> None:
    plan = plan_for(four_for_two(), "consolidate", max_moves=3)
    assert plan.moves <= 3


def test_moves_that_cost_more_than_the_nodes_save_are_not_made() -> None:
    assert plan_for(four_for_two(), "consolidate", min_gain=1_000_000).moves == 0


def test_who_breaks_a_rule_and_is_not_to_be_repaired_keeps_its_node() -> None:
    tainted = replace(node("a", taints=[taint("old")]), price=1_000_000)
    others = [replace(node(name), price=300_000) for name in ("b", "c")]
    cluster = snapshot(
        [tainted, *others], [runs("x", "a"), runs("y", "b", app="db"), runs("z", "c", app="job")]
    )
    plan = plan_for(cluster, "consolidate", repair=False)
    assert "x" not in goes(plan)
    assert plan.after.price == 1_300_000
    assert "x" in goes(plan_for(cluster, "consolidate"))
